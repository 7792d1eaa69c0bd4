import type { Code } from '../i18n/en.ts';
import type { Severity } from '../model/finding.ts';
import { type Message, message, type Params } from '../model/message.ts';

/**
 * Something that the certificate doctor found. `error`: it does not work, or must not. `warning`: it works, and will not for
 * long or not everywhere. `note`: worth knowing. What to do about it is the message `CODE.next`.
 */
export interface Diagnosis {
  readonly severity: Severity;
  readonly code: Code;
  /** The evidence: what was seen. */
  readonly params: Params;
  /** Where: a file, or an address with its port. */
  readonly where?: string;
}

/** Codes that have a text of what to do beside them. */
type Treated = { [C in Code]: `${C}.next` extends Code ? C : never }[Code];

/** A finding by its code; `code.next` of the catalogue says what to do, with the same values. */
export function diagnosis(severity: Severity, code: Treated, params: Params = {}): Diagnosis {
  return { severity, code, params };
}

/** What to do about a finding. */
export function remedy({ code, params }: Diagnosis): Message {
  return message(`${code}.next` as Code, params);
}

/** The same findings with where they were seen. */
export function seenAt(where: string, found: readonly Diagnosis[]): readonly Diagnosis[] {
  return found.map((each) => ({ where, ...each }));
}

const rank = { error: 0, warning: 1, note: 2 } as const;

/** The worst first; otherwise in the order of finding. */
export function worstFirst(found: readonly Diagnosis[]): readonly Diagnosis[] {
  return [...found].sort((a, b) => rank[a.severity] - rank[b.severity]);
}
