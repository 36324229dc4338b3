import { createInstance, type ResourceKey, type TFunction } from 'i18next';
import { languageAccepted, languageOfTag } from './language-accepted.ts';

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

  /** What nobody translated is in the language that everything is written in first. */
  languageFor(locale: string): Language {
    return languageOfTag(locale, this.languages) ?? this.unlessKnown;
  }

  languageAccepted(accepted: string | undefined): Language {
    return languageAccepted(accepted, this.languages) ?? this.unlessKnown;
  }
}
