import type { Code } from '../i18n/en.ts';
import type { Message, Params } from './message.ts';
import type { Pointer } from './pointer.ts';

/** `error`: the description is refused. `warning`: it works, but hardly as meant. `note`: worth knowing. */
export type Severity = 'error' | 'warning' | 'note';

/** A stretch of one line of a file; `line` and `column` count from 1, `length` is in characters (at least 1). */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** Something wrong in what the user wrote: collected and located, never thrown. */
export interface Finding {
  readonly severity: Severity;
  readonly code: Code;
  readonly params: Params;
  /** What it is about; `locate` turns it into `at`. */
  readonly pointer?: Pointer;
  /** Point at the key itself rather than at its value. */
  readonly onKey?: boolean;
  readonly at?: Place;
  readonly hint?: Message;
}

/** Whether these findings refuse the description. */
export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((f) => f.severity === 'error');
}
