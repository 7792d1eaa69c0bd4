import { join } from 'node:path';
import { inNetwork, isAddress, parseNetwork } from '../lib/ip.ts';
import type { AuditRecord, AuditResult } from './entry.ts';
import { auditFolder, segmentsOf } from './files.ts';
import { linesOf } from './lines.ts';

/** What to look for; all of what is given must hold. */
export interface AuditQuery {
  readonly who?: string;
  /** `session` finds `session.begin` too. */
  readonly what?: string;
  /** `prod1` finds `prod1/debian` too. */
  readonly to?: string;
  /** An address, or a network (CIDR) that it lies in. */
  readonly from?: string;
  readonly result?: AuditResult;
  /** ISO 8601, UTC: from then on, and before then. */
  readonly since?: string;
  readonly until?: string;
}

/** The records of a log that a query asks for, in their order; lines that are no records are left to `verifyAudit`. */
export async function* searchAudit(state: string, query: AuditQuery): AsyncGenerator<AuditRecord> {
  const folder = auditFolder(state);
  for (const segment of await segmentsOf(folder))
    for await (const { text } of linesOf(join(folder, segment))) {
      const record = parse(text);
      if (record && matches(record, query)) yield record;
    }
}

function parse(text: string): AuditRecord | undefined {
  try {
    const record = JSON.parse(text) as AuditRecord;
    return typeof record?.seq === 'number' && typeof record.who === 'string' ? record : undefined;
  } catch {
    return undefined;
  }
}

function matches(record: AuditRecord, { who, what, to, from, result, since, until }: AuditQuery): boolean {
  return (
    (who === undefined || record.who === who) &&
    (what === undefined || below(record.what, what, '.')) &&
    (to === undefined || (record.to !== undefined && below(record.to, to, '/'))) &&
    (from === undefined || isFrom(record.from, from)) &&
    (result === undefined || record.result === result) &&
    (since === undefined || record.at >= since) &&
    (until === undefined || record.at < until)
  );
}

const below = (text: string, asked: string, separator: string) =>
  text === asked || text.startsWith(`${asked}${separator}`);

function isFrom(told: string | undefined, asked: string): boolean {
  if (told === undefined || told === asked) return told === asked;
  const network = parseNetwork(asked);
  return network !== undefined && isAddress(told) && inNetwork(told, network);
}
