import { createPrivateKey } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAddress } from '../../lib/ip.ts';
import type { Evidence } from '../../model/evidence.ts';
import type { Expectation } from '../../model/expectation.ts';
import { type Message, message } from '../../model/message.ts';
import type { Partner } from '../../model/partner.ts';
import type { ClientTls } from '../../model/tls.ts';
import { certificateFile } from '../../pki/certificates.ts';
import { readSecret } from '../../secrets/read.ts';
import { type ClientCertificate, verify } from '../../verify/index.ts';

/** `other`: it answered, and is not who it should be. `unseen`: no handshake came about. */
export type Verdict = 'pinned' | 'other' | 'unseen';

/** Whether a partner shows a pinned key at the addresses where nginx calls it, seen as `verify` sees it. */
export async function lookAt(
  partner: Partner,
  known: readonly string[],
  state: string,
  timeout: number,
): Promise<{ readonly verdict: Verdict; readonly seen: Message }> {
  const { host, name } = partner;
  const addresses = isAddress(host) ? [host] : known.length > 0 ? known : await resolved(host);
  const client = partner.tls && (await shownTo(partner.tls, state));
  const looks = await Promise.all(
    addresses.map((address) =>
      verify([expected(partner)], {
        vantage: { name: hostname(), address },
        timeout,
        ...(client ? { clients: async () => client } : {}),
      }),
    ),
  );
  const found = looks.flat().map((evidence) => ({ verdict: verdictOf(evidence), seen: evidence.seen }));
  const deciding = (['other', 'pinned', 'unseen'] as const)
    .map((verdict) => found.find((each) => each.verdict === verdict))
    .find((each) => each !== undefined);
  return deciding ?? { verdict: 'unseen', seen: message('seen.name.unknown', { name: host || name }) };
}

const resolved = async (host: string) =>
  (await lookup(host, { all: true }).catch(() => [])).map(({ address }) => address);

function expected({ id, name, host, port, trust, pins, tls, pointer }: Partner): Expectation {
  return {
    id,
    about: `partner/${name}`,
    promise: message('promise.partner.certificate', { name, host: trust.name, days: 0 }),
    because: `${pointer}/pins`,
    probe: {
      kind: 'partner-certificate',
      door: { name: host, port, proxyProtocol: false, ...(tls ? { client: tls.name } : {}) },
      name: trust.name,
      ...(trust.ca === undefined ? {} : { ca: trust.ca }),
      pins,
      minDays: 0,
    },
  };
}

function verdictOf({ held, seen }: Evidence): Verdict {
  if (held) return 'pinned';
  return seen.code === 'seen.partner.pin' || seen.code.startsWith('seen.certificate.') ? 'other' : 'unseen';
}

/** What nginx shows to a partner, which may tell nobody else who it is; `undefined` where that cannot be had here. */
export async function shownTo(tls: ClientTls, state: string): Promise<ClientCertificate | undefined> {
  // What is wrong with the files is said where they are described.
  return read(tls, state).catch(() => undefined);
}

async function read({ name, shows }: ClientTls, state: string): Promise<ClientCertificate> {
  if (shows.kind === 'internal') {
    const pem = await readFile(certificateFile(join(state, 'certificates'), `client-${name}`), 'utf8');
    return { certificate: pem, key: pem };
  }
  const [certificate, key] = await Promise.all([
    readFile(shows.certificate, 'utf8'),
    readFile(shows.key, 'utf8'),
  ]);
  if (!shows.passphrase) return { certificate, key };
  const open = createPrivateKey({ key, passphrase: await readSecret(shows.passphrase) });
  return { certificate, key: open.export({ type: 'pkcs8', format: 'pem' }) as string };
}
