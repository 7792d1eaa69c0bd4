import { X509Certificate } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Generation } from '../../apply/generations.ts';
import type { Standing } from '../../model/applied.ts';
import { partnerStanding } from '../../model/partner.ts';
import { daysLeft } from '../../pki/certificates.ts';
import { type PinState, pinStates } from './pins.ts';

/** How a partner stands. JSON-safe. */
export interface PartnerStatus {
  readonly name: string;
  readonly url: string;
  readonly standing: 'current' | Standing['state'];
  readonly complaint?: string;
  /** Whether it is shown a certificate, and the whole days that this has left; absent when it cannot be read. */
  readonly showsCertificate: boolean;
  readonly certificateDays?: number;
  /** What was seen of the keys that are pinned; absent where none is, or nobody looked yet. */
  readonly pins?: PinState;
  readonly isPinned: boolean;
  /** The last call that the gateway itself answered. */
  readonly refused?: Refusal;
}

export interface Refusal {
  readonly at: string;
  readonly caller: string;
  readonly method: string;
  readonly path: string;
  readonly why: string;
}

/** The partners of what is served. */
export async function partnersStatus(
  state: string,
  { folder, manifest }: Generation,
  now: Date,
): Promise<readonly PartnerStatus[]> {
  const { partners } = manifest.site;
  if (partners.length === 0) return [];
  const [pins, refusals] = await Promise.all([
    pinStates(state),
    lastRefusals(join(state, 'nginx/log/partners.log')),
  ]);
  return Promise.all(
    partners.map(async (partner) => {
      const { id, name, host, port, base, tls } = partner;
      const standing = manifest.standing[partnerStanding(partner)];
      const [file] = manifest.files[`partners/${id}.locations`]?.reads ?? [];
      const days = tls && file ? await daysOf(join(folder, file), now) : undefined;
      const refused = refusals.get(name);
      return {
        name,
        url: `https://${host.includes(':') ? `[${host}]` : host}${port === 443 ? '' : `:${port}`}${base}`,
        standing: standing?.state ?? ('current' as const),
        ...(standing ? { complaint: standing.complaint } : {}),
        showsCertificate: tls !== undefined,
        ...(days === undefined ? {} : { certificateDays: days }),
        isPinned: partner.pins.length > 0,
        ...(partner.pins.length > 0 && pins[name] ? { pins: pins[name] } : {}),
        ...(refused ? { refused } : {}),
      };
    }),
  );
}

async function daysOf(path: string, now: Date): Promise<number | undefined> {
  try {
    return daysLeft(new X509Certificate(await readFile(path)), now);
  } catch {
    return undefined;
  }
}

/** How much of the log's end is looked at, in bytes. */
const tail = 512 * 1024;

/** The last call of each partner that the gateway answered itself, as far as the log's end tells. */
async function lastRefusals(log: string): Promise<ReadonlyMap<string, Refusal>> {
  const found = new Map<string, Refusal>();
  for (const line of (await endOf(log)).split('\n')) {
    // Cheap: most calls are answered.
    if (!line.startsWith('{') || line.includes('"refused":""')) continue;
    try {
      const entry = JSON.parse(line) as Record<string, string>;
      const { time, partner, caller, method, path, refused } = entry;
      if (partner && refused)
        found.set(partner, {
          ...{ at: new Date(time ?? '').toISOString(), caller: caller ?? '' },
          ...{ method: method ?? '', path: path ?? '', why: refused },
        });
    } catch {
      // The first line may have lost its beginning.
    }
  }
  return found;
}

async function endOf(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, tail);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
