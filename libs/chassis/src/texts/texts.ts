import { createInstance, type ResourceKey, type TFunction } from 'i18next';

/** What is said to people, in each language that it is said in. A new one is a file and an entry. */
export class Texts<Language extends string> {
  private readonly i18n = createInstance();
  private readonly languages: readonly Language[];

  constructor(
    resources: Readonly<Record<Language, ResourceKey>>,
    private readonly unlessKnown: NoInfer<Language>,
  ) {
    this.languages = Object.keys(resources) as Language[];
    // What is put in is escaped where HTML is made, and nowhere else.
    void this.i18n.init({
      initAsync: false, fallbackLng: unlessKnown, interpolation: { escapeValue: false }, returnNull: false,
      resources: Object.fromEntries(this.languages.map((language) => [language, { translation: resources[language] }])),
    });
  }

  in(language: Language): TFunction {
    return this.i18n.getFixedT(language);
  }

  /** `ne-NP` is Nepali, and what nobody translated is the language that everything is written in first. */
  languageFor(locale: string): Language {
    return this.known(locale) ?? this.unlessKnown;
  }

  /** The one that an `Accept-Language` likes best of those that there are. */
  languageAccepted(accepted: string | undefined): Language {
    const wanted = (accepted ?? '').split(',').map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim());
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      return { language: this.known(tag), weight: weight === undefined ? 1 : Number(weight.slice(2)) };
    });
    const [best] = wanted.filter(({ language, weight }) => language !== undefined && weight > 0).toSorted((a, b) => b.weight - a.weight);
    return best?.language ?? this.unlessKnown;
  }

  private known(locale: string): Language | undefined {
    const base = locale.toLowerCase().split('-')[0];
    return this.languages.find((language) => language === base);
  }
}
