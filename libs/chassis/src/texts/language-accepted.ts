/** `ne-NP` is Nepali. */
export function languageOfTag<Language extends string>(tag: string, languages: readonly Language[]): Language | undefined {
  const base = tag.toLowerCase().split('-')[0];
  return languages.find((language) => language === base);
}

/** The one that an `Accept-Language` likes best of those that there are: a first choice that nobody speaks here hides no second one. */
export function languageAccepted<Language extends string>(accepted: string | undefined, languages: readonly Language[]): Language | undefined {
  const wanted = (accepted ?? '').split(',').map((part) => {
    const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    return { language: languageOfTag(tag, languages), weight: weight === undefined ? 1 : Number(weight.slice(2)) };
  });
  return wanted.filter(({ language, weight }) => language !== undefined && weight > 0).toSorted((a, b) => b.weight - a.weight)[0]?.language;
}
