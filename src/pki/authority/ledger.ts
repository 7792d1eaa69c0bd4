import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readIfThere, syncFolder } from '../../hosts/files.ts';
import type { Purpose, RevocationReason } from '../../model/authority.ts';

/** A certificate that the authority signed, as it is remembered for good. JSON-safe. */
export interface CertificateRecord {
  /** In hexadecimal. */
  readonly serial: string;
  readonly name: string;
  readonly purpose: Purpose | 'authority';
  readonly names: readonly string[];
  /** The key that signed it. */
  readonly issuer: string;
  /** ISO 8601, UTC. */
  readonly from: string;
  readonly until: string;
  readonly at: string;
  /** `poterne` for those of publications, else who asked. */
  readonly who: string;
  readonly revoked?: Revocation;
}

export interface Revocation {
  readonly at: string;
  readonly reason: RevocationReason;
  readonly who: string;
}

type Line =
  | { readonly issued: CertificateRecord }
  | { readonly revoked: Revocation & { readonly serial: string } };

const fileOf = (folder: string): string => join(folder, 'issued.jsonl');

/** All that was signed, oldest first. A line that a crash cut short was told to nobody. */
export async function readLedger(folder: string): Promise<readonly CertificateRecord[]> {
  const text = (await readIfThere(fileOf(folder))) ?? '';
  const records = new Map<string, CertificateRecord>();
  for (const written of text.split('\n')) {
    const line = lineOf(written);
    if (line && 'issued' in line) records.set(line.issued.serial, line.issued);
    if (line && 'revoked' in line) {
      const { serial, ...revoked } = line.revoked;
      const record = records.get(serial);
      if (record && !record.revoked) records.set(serial, { ...record, revoked });
    }
  }
  return [...records.values()];
}

function lineOf(text: string): Line | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Adds lines, which are on the disk when this comes back. */
export async function appendLedger(folder: string, lines: readonly Line[]): Promise<void> {
  if (lines.length === 0) return;
  const file = await open(fileOf(folder), 'a+', 0o600);
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    // After what a crash cut short, a new line.
    const begin = size > 0 && last.toString() !== '\n' ? '\n' : '';
    await file.appendFile(begin + lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await file.datasync();
    if (size === 0) await syncFolder(dirname(fileOf(folder)));
  } finally {
    await file.close();
  }
}
