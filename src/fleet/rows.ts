import { harmless } from '../lib/harmless.ts';

/** What a script of ours answers: lines of fields separated by tabs, the first one saying what it is about. */
export interface Rows {
  /** The fields of each line of a kind, without the kind. */
  of(kind: string): readonly (readonly string[])[];
  /** Whether it came to its end. */
  readonly ended: boolean;
}

export function rowsOf(text: string): Rows {
  // A host is not to be believed with what a terminal would obey.
  const rows = text.split('\n').map((line) => line.split('\t').map((field) => harmless(field)));
  return {
    of: (kind) => rows.filter(([first]) => first === kind).map(([, ...fields]) => fields),
    ended: rows.some(([first]) => first === 'end'),
  };
}

/** A field that holds a text in base64. */
export function textIn(field = ''): string {
  return harmless(Buffer.from(field, 'base64').toString('utf8')).trim();
}
