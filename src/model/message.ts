import type { Code } from '../i18n/en.ts';

/** The values that stand in a message's `{placeholders}`. */
export type Params = Readonly<Record<string, string | number>>;

/** Something to tell a person: a stable code and its values. Words are chosen later, in the reader's language. */
export interface Message {
  readonly code: Code;
  readonly params: Params;
}

/** A message by its code; `params` fills the placeholders of the catalogue's text. */
export function message(code: Code, params: Params = {}): Message {
  return { code, params };
}
