import type { Message, Params } from '../model/message.ts';
import type { Language } from '../model/site.ts';
import { type Code, en } from './en.ts';
import { fr } from './fr.ts';

const catalogues: Readonly<Record<Language, Readonly<Record<Code, string>>>> = { en, fr };

/**
 * The text of a code in a language, its `{placeholders}` filled from `params`; an unknown one is left visible. `{count|address|addresses}` is the
 * word that goes with a number: the first for one, in French for none too.
 */
export function translate(language: Language, code: Code, params: Params = {}): string {
  return catalogues[language][code].replace(
    /\{(\w+)(?:\|([^{|}]*)\|([^{|}]*))?\}/g,
    (whole, name: string, one?: string, other?: string) =>
      one === undefined ? String(params[name] ?? whole) : isOne(language, params[name]) ? one : `${other}`,
  );
}

function isOne(language: Language, value: Params[string] | undefined): boolean {
  const count = value === undefined || value === '' ? Number.NaN : Number(value);
  return count === 1 || (language === 'fr' && count === 0);
}

/** The text of a message in a language. */
export function say(language: Language, message: Message): string {
  return translate(language, message.code, message.params);
}

/** The reader's language from the environment (`POTERNE_LANG`, then POSIX `LC_ALL`, `LC_MESSAGES`, `LANG`), else English. */
export function languageOf(environment: Readonly<Record<string, string | undefined>>): Language {
  const wanted =
    environment.POTERNE_LANG || environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || '';
  return /^fr/i.test(wanted) ? 'fr' : 'en';
}
