import { type KeyObject, sign, verify } from 'node:crypto';
import { sha256 } from '../lib/digest.ts';

/** Something that somebody did, or was refused. Never holds a secret: it is kept for good, and shown. */
export interface AuditEntry {
  /** A person's name, `poterne`, or an account of the machine such as `root`. */
  readonly who: string;
  /** What was done, as stable words from the general to the particular: `session.begin`, `certificate.issue`. */
  readonly what: string;
  /** To what: `prod1/debian`, a certificate's serial number. */
  readonly to?: string;
  /** From where: an address, or `here`. */
  readonly from?: string;
  readonly result: AuditResult;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

export const auditResults = ['done', 'refused', 'failed'] as const;
export type AuditResult = (typeof auditResults)[number];

/** An entry as it stands in the log, chained to the one before it. */
export interface AuditRecord extends AuditEntry {
  /** Counts from 1, without gaps. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The hash of the record before; `genesis` for the first. */
  readonly previous: string;
  /** SHA-256 of all of the above. */
  readonly hash: string;
  /** Ed25519 over the hash, base64. */
  readonly signature: string;
}

/** What the first record follows. */
export const genesis = '0'.repeat(64);

/** The longest text that an entry keeps of a value: what comes from a client must not fill the disk. */
const longestText = 2000;

/** The end of a log: everything up to it. */
export interface Position {
  readonly seq: number;
  readonly hash: string;
}

/** The record of an entry that follows `last`. */
export function recordOf(entry: AuditEntry, at: string, last: Position, key: KeyObject): AuditRecord {
  const { who, what, to, from, result, detail } = entry;
  const body = {
    seq: last.seq + 1,
    at,
    who: short(who),
    what: short(what),
    ...(to === undefined ? {} : { to: short(to) }),
    ...(from === undefined ? {} : { from: short(from) }),
    result,
    ...(detail === undefined
      ? {}
      : {
          detail: Object.fromEntries(
            Object.entries(detail).map(([name, value]) => [
              name,
              typeof value === 'string' ? short(value) : value,
            ]),
          ),
        }),
    previous: last.hash,
  };
  const hash = sha256(JSON.stringify(body));
  return { ...body, hash, signature: sign(null, Buffer.from(hash), key).toString('base64') };
}

function short(text: string): string {
  // Halves of surrogate pairs would not come back as they were written.
  const whole = Buffer.from(text).toString();
  return whole.length > longestText
    ? `${whole.slice(0, longestText).replace(/[\uD800-\uDBFF]$/, '')}…`
    : whole;
}

/** The line of a record, without the line feed. */
export function lineOf(record: AuditRecord): string {
  return JSON.stringify(record);
}

/**
 * The record that a line holds, when nothing of the line was altered: it is exactly what was written, its hash is that of its
 * content, and the log's key signed it.
 */
export function readLine(line: string, key: KeyObject): AuditRecord | undefined {
  try {
    const record = JSON.parse(line) as AuditRecord;
    const { hash, signature, ...body } = record;
    if (lineOf(record) !== line || sha256(JSON.stringify(body)) !== hash) return undefined;
    return verify(null, Buffer.from(hash), key, Buffer.from(signature, 'base64')) ? record : undefined;
  } catch {
    return undefined;
  }
}
