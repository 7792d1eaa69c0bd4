import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openAudit } from '../audit/log.ts';
import { type Refused, tellRefusals } from '../audit/refusals.ts';
import type { Fault } from '../model/fault.ts';
import { groundOf } from './cut/ground.ts';
import { followFile } from './follow-file.ts';

import { trying } from './trouble.ts';

/** Milliseconds. */
const every = 1000;

/** What keeping the audit log of nginx's refusals needs of the daemon. */
export interface KeptRefusals {
  readonly state: string;
  readonly fail: (fault: Fault) => void;
  readonly signal: AbortSignal;
}

/**
 * Audits whom nginx refuses by itself, without asking who they are: whoever comes from none of a publication's networks, or shows a
 * certificate that is not accepted. Reads nginx's logs from their ends on, until told to stop. What this machine itself asks is left out: the
 * gateway asks each minute for what must be refused.
 */
export function keepRefusals({ state, fail, signal }: KeptRefusals): { readonly ended: Promise<void> } {
  const tried = trying(fail);
  const log = (name: string) => followFile(join(state, 'nginx', 'log', name), 'end');
  const [errors, access] = [log('error.log'), log('access.log')];
  const ended = (async () => {
    // Opened for who is refused: a log that cannot be must not end what follows.
    const refusals = tellRefusals(async (entry) => (await openAudit(state)).append(entry));
    const look = async () => {
      const found = (await errors.lines()).flatMap((line) => ofErrors(line) ?? []);
      // It has a line for each request: it is read where certificates are asked for.
      const { site } = await groundOf(state);
      if (site?.tlsConfigurations?.some(({ kind }) => kind === 'server'))
        found.push(...(await access.lines()).flatMap((line) => ofCertificates(line) ?? []));
      const own = new Set(
        Object.values(networkInterfaces()).flatMap((some) => (some ?? []).map(({ address }) => address)),
      );
      for (const each of found) if (!own.has(each.from)) refusals.note(each);
    };
    while (!signal.aborted) {
      await tried(look);
      await delay(every, undefined, { signal }).catch(() => undefined);
    }
    refusals.flush(true);
    await Promise.all([errors.close(), access.close()]);
  })();
  return { ended };
}

/** What a visitor wrote, in a few harmless characters. */
const said = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 120);

/** A line of nginx's error log that tells of a visitor from elsewhere (`ngx_http_access_module`). Word by word: what follows is the visitor's. */
export function ofErrors(line: string): Refused | undefined {
  const [, from, to] =
    /^\S+ \S+ \[error\] \d+#\d+: \*\d+ access forbidden by rule, client: ([0-9a-f.:]+), server: ([^,]+), /.exec(
      line,
    ) ?? [];
  if (from === undefined || to === undefined) return undefined;
  return { who: '-', what: 'access', to: said(to), from, why: 'network' };
}

/** A line of nginx's access log that tells of a client certificate that was not accepted, with why. */
export function ofCertificates(line: string): Refused | undefined {
  if (!line.includes('"clientVerified":"FAILED')) return undefined;
  let told: Readonly<Record<string, unknown>>;
  try {
    told = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { client, publication, clientVerified, clientSubject } = told;
  const [, why] = /^FAILED:?(.*)$/s.exec(String(clientVerified)) ?? [];
  if (typeof client !== 'string' || why === undefined) return undefined;
  const who = said(String(clientSubject ?? '')) || '-';
  return {
    who,
    what: 'access',
    to: said(String(publication)),
    from: client,
    why: `certificate: ${said(why)}`,
  };
}
