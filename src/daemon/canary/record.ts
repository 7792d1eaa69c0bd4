import { join } from 'node:path';
import { readIfThere, writeDurably } from '../../hosts/files.ts';
import type { Message } from '../../model/message.ts';

/** What is asked of a publication that must refuse: an attack, or to be let in without a session or a certificate. */
export type CanaryKind = 'waf' | 'sign-in' | 'certificate';

/** What was not refused. JSON-safe; times are ISO 8601. */
export interface CanaryAlarm {
  /** Stable and unique, e.g. `erp.example.fr#waf`. */
  readonly id: string;
  /** The publication's name. */
  readonly publication: string;
  readonly kind: CanaryKind;
  readonly seen: Message;
  readonly since: string;
}

/** What became of the last questions. */
export interface CanaryState {
  readonly at: string;
  /** How many questions were asked, of how many publications. */
  readonly questions: number;
  readonly publications: number;
  readonly alarms: readonly CanaryAlarm[];
  /** Publications whose firewall could not be asked, by name: they need a certificate that cannot be shown here. */
  readonly unasked: readonly string[];
}

const fileOf = (state: string): string => join(state, 'canary.json');

/** What the last questions told; nothing before the first. */
export async function readCanary(state: string): Promise<CanaryState | undefined> {
  const text = await readIfThere(fileOf(state));
  try {
    return text === undefined ? undefined : (JSON.parse(text) as CanaryState);
  } catch {
    return undefined;
  }
}

/** Keeps what they told. */
export async function writeCanary(state: string, told: CanaryState): Promise<void> {
  await writeDurably(fileOf(state), `${JSON.stringify(told)}\n`, 0o644);
}
