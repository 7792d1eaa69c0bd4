import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../../lib/testing-ports.ts';
import type { AcmeAuthority } from '../../model/acme.ts';
import { Fault } from '../../model/fault.ts';
import type { Message } from '../../model/message.ts';
import { openAccount } from './account.ts';
import { adviceFor } from './advice.ts';
import { readChain, validity } from './certificate.ts';
import { httpSolver } from './http01.ts';
import { obtain, rehearse, turnOf } from './obtain.ts';
import { renewalWindow } from './renewal.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';
import { type Pebble, startPebble } from './testing.ts';
import type { Obtained, Solver, Wish } from './types.ts';

let top: string;
let gateway: Server;
let port: number;
/** What the gateway answers a challenge with after the dot: the thumbprint of whoever asks. */
let thumbprint = '';
let asked: string[] = [];
let pebble: Pebble;

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'poterne-acme-'));
  gateway = createServer((request, response) => {
    const token = request.url?.split('/').at(-1);
    asked.push(`${request.headers.host} ${request.headers['user-agent']}`);
    if (request.headers.host?.startsWith('wrong')) response.end('another server');
    else response.end(`${token}.${thumbprint}`);
  });
  gateway.listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  port = (gateway.address() as { port: number }).port;
  pebble = await startPebble({
    httpPort: port,
    badNonces: 30,
    alternatives: 1,
    blocked: ['blocked.example'],
  });
});
afterAll(async () => {
  gateway.close();
  await pebble.stop();
  await rm(top, { recursive: true, force: true });
});

const authorityOf = (of: Pebble, more: Partial<AcmeAuthority> = {}): AcmeAuthority => ({
  ...{ directory: of.directory, trust: of.trust, contact: ['dsi@example.fr'], termsAgreed: true },
  ...{ pointer: '/acme', ...more },
});
const wishFor = (...names: string[]): Wish => ({ names, keyType: 'ecdsa-p256' });

let folders = 0;
/** A session in a folder of its own, unless one is given, with the gateway answering for its key. */
async function session(
  authority = authorityOf(pebble),
  { folder = join(top, `acme${folders++}`), ...options }: SessionOptions & { folder?: string } = {},
): Promise<Session> {
  const opened = await openSession(authority, folder, options);
  thumbprint = opened.key.thumbprint;
  return opened;
}

const solver = (): Solver => httpSolver({ address: '127.0.0.1', port }, 100);
const nothing = { keep: async () => {} };

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const error = await promise.then(
    () => undefined,
    (error) => error,
  );
  if (!(error instanceof Fault)) throw new Error(`no fault: ${error}`, { cause: error });
  return error;
}

describe('a certificate, from an authority that refuses a third of the nonces', () => {
  test('is for the names and the key, chains to the root, and is kept before its order is forgotten', async () => {
    const told: Message[] = [];
    const on = await session(authorityOf(pebble), { tell: (message) => told.push(message) });
    let kept: Obtained | undefined;
    let orders: string[] = [];
    const got = await obtain(on, wishFor('a.example', 'b.example'), solver(), {
      keep: async (obtained) => {
        kept = obtained;
        orders = await readdir(join(on.folder, 'orders'));
      },
    });
    expect(kept).toEqual(got);
    expect(orders).toHaveLength(1);
    expect(await readdir(join(on.folder, 'orders'))).toEqual([]);
    const [leaf, intermediate] = readChain(got.certificate) as [X509Certificate, X509Certificate];
    expect(leaf.subjectAltName).toBe('DNS:a.example, DNS:b.example');
    expect(leaf.verify(intermediate.publicKey)).toBe(true);
    const roots = await Promise.all([pebble.root(0), pebble.root(1)]);
    expect(roots.some((root) => intermediate.verify(new X509Certificate(root).publicKey))).toBe(true);
    expect(told.map(({ code }) => code)).toEqual([
      ...['acme.tell.account', 'acme.tell.order', 'acme.tell.proof', 'acme.tell.proof'],
      ...['acme.tell.validation', 'acme.tell.issue', 'acme.tell.obtained'],
    ]);
    on.close();
  });

  test('is renewed as the authority advises, and says what it replaces', async () => {
    const on = await session();
    const first = await obtain(on, wishFor('l.example'), solver(), nothing);
    const { renewalInfo } = await on.directory();
    const advice = await adviceFor(on, first.certificate);
    const valid = validity(first.certificate);
    // Debian 12's Pebble (2.4) gives no advice, Debian 13's (2.6) does.
    expect(advice === undefined).toBe(renewalInfo === undefined);
    const { start, end } = renewalWindow(valid, advice);
    expect(start).toBeGreaterThan(valid.start);
    expect(end).toBeLessThan(valid.end);
    const replaces = first.certificate;
    const second = await obtain(on, { ...wishFor('l.example'), replaces }, solver(), nothing);
    expect(second.certificate).not.toBe(replaces);
    on.close();
  });

  test.each(['ecdsa-p384', 'rsa-2048'] as const)('has a key of the kind asked for: %s', async (keyType) => {
    const on = await session();
    const { certificate } = await obtain(on, { names: ['k.example'], keyType }, solver(), nothing);
    const { asymmetricKeyType, asymmetricKeyDetails } = new X509Certificate(certificate).publicKey;
    expect(
      `${asymmetricKeyType} ${asymmetricKeyDetails?.namedCurve ?? asymmetricKeyDetails?.modulusLength}`,
    ).toBe(keyType === 'rsa-2048' ? 'rsa 2048' : 'ec secp384r1');
    on.close();
  });

  test('has the chain that is preferred; where there is none such, the authority’s own', async () => {
    const told: Message[] = [];
    const on = await session(authorityOf(pebble), { tell: (message) => told.push(message) });
    const names = await Promise.all(
      [0, 1].map(async (n) => new X509Certificate(await pebble.root(n)).subject),
    );
    for (const name of names) {
      const chain = name.replace('CN=', '');
      const { certificate } = await obtain(on, { ...wishFor('c.example'), chain }, solver(), nothing);
      expect(readChain(certificate).at(-1)?.issuer).toBe(name);
    }
    await obtain(on, { ...wishFor('c.example'), chain: 'Nobody' }, solver(), nothing);
    expect(told.filter(({ code }) => code === 'acme.tell.chain')).toHaveLength(1);
    on.close();
  });

  test('the account is registered once, and again only where the authority has lost it', async () => {
    const folder = join(top, 'once');
    const first = await session(authorityOf(pebble), { folder });
    const { url } = await openAccount(first);
    first.close();
    const told: Message[] = [];
    const second = await session(authorityOf(pebble), { folder, tell: (message) => told.push(message) });
    expect((await openAccount(second)).url).toBe(url);
    expect(told).toEqual([]);
    const [name] = (await readdir(join(folder, 'accounts'))) as [string];
    const file = join(folder, 'accounts', name);
    await writeFile(file, (await readFile(file, 'utf8')).replace(url, `${url}00`));
    await obtain(second, wishFor('d.example'), solver(), nothing);
    expect((await openAccount(second)).url).toBe(url);
    second.close();
  });

  test('a rehearsal proves the names each time, and issues nothing', async () => {
    const on = await session();
    for (let n = 0; n < 2; n++) {
      asked = [];
      await rehearse(on, wishFor('e.example'), solver());
      expect(asked.some((line) => line.startsWith('e.example') && !line.endsWith('Poterne'))).toBe(true);
    }
    expect(pebble.log()).not.toMatch(/e\.example.*issued/i);
    on.close();
  });
});

describe('what the authority refuses is said, with what it saw', () => {
  test('something else answers on port 80', async () => {
    const on = await session();
    const lenient: Solver = { ...solver(), present: async () => {} };
    const fault = await faultOf(obtain(on, wishFor('f.example', 'wrong.example'), lenient, nothing));
    expect(fault.code).toBe('acme.answer');
    expect(fault.params.names).toBe('wrong.example');
    expect(fault.params.saw).toContain('wrong.example: ');
    expect(fault.params.saw).toContain('unauthorized');
    expect(fault.next?.code).toBe('acme.answer.next');
    on.close();
  });

  test('our own gateway does not answer: nothing was spent at the authority', async () => {
    const on = await session();
    const fault = await faultOf(obtain(on, wishFor('wrong.example'), solver(), nothing));
    expect(fault.code).toBe('acme.self');
    expect(fault.params.seen).toContain('another server');
    on.close();
  });

  test('nobody answers there', async () => {
    await pebble.setDns('add-a', { host: 'closed.example.', addresses: ['127.0.0.9'] });
    const on = await session();
    const lenient: Solver = { ...solver(), present: async () => {} };
    const fault = await faultOf(obtain(on, wishFor('closed.example'), lenient, nothing));
    expect(fault.code).toBe('acme.connection');
    expect(fault.params.saw).toContain('refused');
    on.close();
  });

  test('a name that it does not certify', async () => {
    const on = await session();
    const fault = await faultOf(obtain(on, wishFor('blocked.example'), solver(), nothing));
    expect(fault.code).toBe('acme.rejected');
    expect(fault.params.names).toBe('blocked.example');
    on.close();
  });

  test('a wildcard, which HTTP-01 cannot prove', async () => {
    const on = await session();
    const fault = await faultOf(obtain(on, wishFor('*.g.example'), solver(), nothing));
    expect(fault.code).toBe('acme.challenge');
    expect(fault.params).toMatchObject({ name: '*.g.example', wanted: 'http-01' });
    expect(fault.params.offered).toContain('dns-01');
    on.close();
  });

  test('a profile that it does not offer', async () => {
    const on = await session();
    const wish = { ...wishFor('h.example'), profile: 'shortlived' };
    expect((await faultOf(obtain(on, wish, solver(), nothing))).code).toBe('acme.profile');
    on.close();
  });

  test('terms that nobody agreed to', async () => {
    const on = await session(authorityOf(pebble, { termsAgreed: false }));
    const fault = await faultOf(openAccount(on));
    expect(fault.code).toBe('acme.agreement');
    expect(fault.params.url).toMatch(/^data:/);
    on.close();
  });

  test('a contact that cannot be written to', async () => {
    const on = await session(authorityOf(pebble, { contact: ['not an address'] }));
    expect((await faultOf(openAccount(on))).code).toBe('acme.contact');
    on.close();
  });

  test('a certificate that is not trusted, a directory that is none, nobody there', async () => {
    const { trust, ...untrusted } = authorityOf(pebble);
    const [closed] = (await freePorts(1)) as [number];
    for (const [authority, code] of [
      [untrusted, 'acme.untrusted'],
      [authorityOf(pebble, { directory: pebble.directory.replace('/dir', '/nonce-plz') }), 'acme.protocol'],
      [authorityOf(pebble, { directory: `https://localhost:${closed}/dir` }), 'acme.unreachable'],
    ] as const) {
      const on = await session(authority);
      expect((await faultOf(openAccount(on))).code).toBe(code);
      on.close();
    }
    const missing = authorityOf(pebble, { trust: join(top, 'nothing.pem') });
    expect((await faultOf(openSession(missing, join(top, 'x')))).code).toBe('acme.trust');
  });
});

describe('after a failure', () => {
  test('it is not asked again before its time, after a restart neither, unless a person asks', async () => {
    const folder = join(top, 'again');
    let now = Date.now();
    const wish = wishFor('wrong.example');
    const open = () => session(authorityOf(pebble), { folder, now: () => now });
    const first = await open();
    await faultOf(obtain(first, wish, { ...solver(), present: async () => {} }, nothing));
    first.close();
    const second = await open();
    const early = await faultOf(obtain(second, wish, solver(), nothing));
    expect(early.code).toBe('acme.wait');
    expect(early.params.code).toBe('acme.answer');
    const { at, attempts } = await turnOf(folder, pebble.directory, wish);
    expect(attempts?.failures).toBe(1);
    expect(at).toBeGreaterThan(now + 299_000);
    const insisted = await faultOf(obtain(second, wish, solver(), { ...nothing, insist: true }));
    expect(insisted.code).toBe('acme.self');
    now += 30 * 60_000;
    expect((await faultOf(obtain(second, wish, solver(), nothing))).code).toBe('acme.self');
    expect((await turnOf(folder, pebble.directory, wish)).attempts?.failures).toBe(3);
    second.close();
  });

  test('where nothing can be remembered, nothing is asked for: a full disk would have it ordered again and again', async () => {
    const folder = join(top, 'full');
    const told: string[] = [];
    const opened = await session(authorityOf(pebble), { folder, tell: ({ code }) => told.push(code) });
    await mkdir(join(folder, 'orders', 'room'), { recursive: true });
    const failed = await obtain(opened, wishFor('full.example'), solver(), { keep: async () => {} }).catch(
      (error: unknown) => error,
    );
    expect(failed).toBeInstanceOf(Fault);
    expect((failed as Fault).code).toBe('acme.broken');
    expect(told).toEqual([]);
  });

  test('a certificate that was issued and could not be kept is found again, with its key', async () => {
    const on = await session();
    const full = { keep: () => Promise.reject(new Error('disk full')) };
    await expect(obtain(on, wishFor('i.example'), solver(), full)).rejects.toThrow('disk full');
    asked = [];
    let kept: Obtained | undefined;
    const keep = async (obtained: Obtained) => {
      kept = obtained;
    };
    await obtain(on, wishFor('i.example'), solver(), { keep, insist: true });
    expect(asked).toEqual([]);
    expect(new X509Certificate(kept?.certificate ?? '').subjectAltName).toBe('DNS:i.example');
    on.close();
  });

  test('what nobody has asked for in a month leaves nothing behind', async () => {
    const on = await session();
    const lenient: Solver = { ...solver(), present: async () => {} };
    await faultOf(obtain(on, wishFor('wrong.example'), lenient, nothing));
    const orders = join(on.folder, 'orders');
    const [old] = (await readdir(orders)) as [string];
    await faultOf(obtain(on, wishFor('blocked.example'), solver(), nothing));
    expect(await readdir(orders)).toHaveLength(2);
    const then = Date.now() / 1000 - 31 * 86_400;
    await utimes(join(orders, old), then, then);
    await faultOf(obtain(on, wishFor('blocked.example'), solver(), { ...nothing, insist: true }));
    expect(await readdir(orders)).not.toContain(old);
    on.close();
  });

  test('called off while proving: the proof is taken away, no failure is remembered, and the order is gone on with', async () => {
    const folder = join(top, 'off');
    const off = new AbortController();
    const first = await session(authorityOf(pebble), { folder, signal: off.signal });
    const withdrawn: string[] = [];
    const slow: Solver = {
      type: 'http-01',
      present: (_, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          setTimeout(() => off.abort(), 10);
        }),
      withdraw: async ({ name }) => {
        withdrawn.push(name);
      },
    };
    await expect(obtain(first, wishFor('j.example'), slow, nothing)).rejects.toThrow();
    expect(withdrawn).toEqual(['j.example']);
    first.close();
    const told: Message[] = [];
    const second = await session(authorityOf(pebble), { folder, tell: (message) => told.push(message) });
    await obtain(second, wishFor('j.example'), solver(), nothing);
    expect(told.map(({ code }) => code)).toContain('acme.tell.resumed');
    second.close();
  });
});

test('nonces were refused, and what they were for asked again', () => {
  const count = (text: RegExp) => pebble.log().match(text)?.length ?? 0;
  expect(count(/POST \/(order-plz|sign-me-up) /g)).toBeGreaterThan(count(/Added order|accounts in memory/g));
});

test('an authority that validates slowly, and takes only accounts that it knows', async () => {
  const key = Buffer.from('sixteen bytes at least, and more').toString('base64url');
  const eab = { id: 'site-1', key: { file: join(top, 'eab'), pointer: '/acme/eab/key' } };
  const slow = await startPebble({ httpPort: port, slow: 2, eab: { 'site-1': key }, lifetime: 518_400 });
  try {
    const unknown = await session(authorityOf(slow));
    expect((await faultOf(openAccount(unknown))).code).toBe('acme.eab.missing');
    unknown.close();
    await writeFile(eab.key.file, `${Buffer.from('another key of many bytes').toString('base64url')}\n`, {
      mode: 0o600,
    });
    const wrong = await session(authorityOf(slow, { eab }));
    expect((await faultOf(openAccount(wrong))).code).toBe('acme.eab.refused');
    wrong.close();
    await writeFile(eab.key.file, 'short\n');
    const formless = await session(authorityOf(slow, { eab }));
    expect((await faultOf(openAccount(formless))).code).toBe('acme.eab.form');
    formless.close();
    await writeFile(eab.key.file, `${key}\n`);
    const right = await session(authorityOf(slow, { eab }));
    const { certificate } = await obtain(right, wishFor('s1.example', 's2.example'), solver(), nothing);
    const { validFrom, validTo } = new X509Certificate(certificate);
    expect(Math.round((Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000)).toBe(6);
    right.close();
  } finally {
    await slow.stop();
  }
});
