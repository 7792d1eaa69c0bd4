import type { AuditEntry } from '../audit/entry.ts';
import { type SshdRefusal, sshdLog, sshdRefusal } from '../bastion/refusals.ts';
import { whenceOf } from '../bastion/whence.ts';
import { localhost } from '../hosts/local.ts';
import type { Site } from '../model/site.ts';
import { standIns } from '../plan/bastion/stand-in.ts';

/** How often the journal is read; milliseconds. */
const pause = 2000;

/**
 * Hands on what sshd on this bastion refuses by itself, as entries of the audit log, until told to stop. The journal is read anew each
 * time: Debian 12's journalctl does not follow it within a unit that sees little of /proc.
 */
export async function followSshd(
  site: () => Site,
  tell: (entry: AuditEntry) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let cursor: string | undefined;
  while (!signal.aborted) {
    const since = cursor === undefined ? ['--lines=1'] : [`--after-cursor=${cursor}`, ...sshdLog];
    const { stdout } = await localhost.run(['journalctl', '--quiet', '--output=json', ...since]);
    for (const line of stdout.split('\n').filter(Boolean)) {
      const refusal = cursor === undefined ? undefined : sshdRefusal(line);
      const entry = refusal && (await entryOf(site(), refusal));
      if (entry) await tell(entry);
    }
    cursor = cursorOf(stdout.trimEnd().split('\n').at(-1) ?? '') ?? cursor;
    await new Promise((resolve) => setTimeout(resolve, pause).unref());
  }
}

/** Where in the journal a line (JSON) stands. */
function cursorOf(line: string): string | undefined {
  return /"__CURSOR" ?: ?"([^"]+)"/.exec(line)?.[1];
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
