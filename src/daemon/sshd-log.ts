import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { AuditEntry } from '../audit/entry.ts';
import { type SshdRefusal, sshdLog, sshdRefusal } from '../bastion/refusals.ts';
import { whenceOf } from '../bastion/whence.ts';
import { localhost } from '../hosts/local.ts';
import type { Site } from '../model/site.ts';
import { standIns } from '../plan/bastion/stand-in.ts';

/** How long before the journal is read again, when journalctl ended; milliseconds. */
const pause = 1000;

/** Hands on what sshd on this bastion refuses by itself, as entries of the audit log, until told to stop. */
export function followSshd(
  site: () => Site,
  tell: (entry: AuditEntry) => Promise<void>,
  signal: AbortSignal,
): void {
  if (signal.aborted) return;
  const child = spawn('journalctl', sshdLog, { signal, stdio: ['ignore', 'pipe', 'ignore'] });
  child.on('error', () => undefined);
  child.once('close', () => setTimeout(() => followSshd(site, tell, signal), pause).unref());
  createInterface({ input: child.stdout }).on('line', async (line) => {
    const refusal = sshdRefusal(line);
    const entry = refusal && (await entryOf(site(), refusal));
    if (entry) await tell(entry);
  });
}

async function entryOf(site: Site, refusal: SshdRefusal): Promise<AuditEntry | undefined> {
  if (refusal.kind === 'forward') {
    const [who] = (await localhost.run(['getent', 'passwd', refusal.uid])).stdout.split(':');
    // Others than people of the description may be confined by rules of their own.
    if (!who || !site.people.some(({ name }) => name === who)) return undefined;
    const { to, from } = refusal;
    return { who, what: 'forward.refused', to, ...(from === undefined ? {} : { from }), result: 'refused' };
  }
  const host = standIns(site).find(({ address }) => address === refusal.stands)?.host ?? 'unknown';
  const whence = (await whenceOf(refusal.connection)) ?? (await whenceOf(refusal.connection, true));
  return {
    ...{ who: whence?.account ?? 'unknown', what: 'session.refused', to: `${host}/${refusal.account}` },
    ...(whence ? { from: whence.address } : {}),
    result: 'refused',
    detail: {
      why:
        refusal.kind === 'account'
          ? 'nobody may be such an account there'
          : 'neither a certificate nor a key that is believed',
    },
  };
}
