import type { Code } from '../i18n/en.ts';

/** The values that stand in a message's `{placeholders}`. */
export type Params = Readonly<Record<string, string | number>>;

/** Something to tell a person: a stable code and its values. Words are chosen later, in the reader's language. */
export interface Message {
  readonly code: Code;
  readonly params: Params;
}

/** A message about work under way: most often a step that was done, else something that stands in its way. */
export interface Step extends Message {
  readonly isWarning?: true;
}

/** What is told of work under way that is no step of it. */
export function warning(said: Message): Step {
  return { ...said, isWarning: true };
}

/** A message by its code; `params` fills the placeholders of the catalogue's text. */
export function message(code: Code, params: Params = {}): Message {
  return { code, params };
}
