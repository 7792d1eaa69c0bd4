import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../../lib/testing-ports.ts';
import type { HookChallenge, UpdateChallenge } from '../../model/acme.ts';
import { Fault } from '../../model/fault.ts';
import { lookupAt, placeOf } from './dns-names.ts';
import { dnsSolver, recordValue } from './dns01.ts';
import { hookWriter } from './hook.ts';
import { obtain } from './obtain.ts';
import { updateWriter } from './rfc2136.ts';
import { openSession } from './session.ts';
import { type Pebble, startPebble } from './testing.ts';
import { type Named, startNamed } from './testing-named.ts';
import type { Proof } from './types.ts';

let top: string;
let named: Named;
let pebble: Pebble;
/** The primary as the resolver: it holds all zones there are. */
let at: { resolvers: string[]; port: number };

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'poterne-dns01-'));
  named = await startNamed({
    'example.test': [
      '_acme-challenge.aliased CNAME aliased.proofs.test.',
      '_acme-challenge.loop CNAME _acme-challenge.loop2',
      '_acme-challenge.loop2 CNAME _acme-challenge.loop',
      '_acme-challenge TXT "of somebody else"',
    ],
    'proofs.test': [],
    'alone.test': ['@ NS ns1', '@ NS ns3', 'ns1 A 127.0.0.1', 'ns3 A 127.0.0.3'],
  });
  at = { resolvers: [named.server], port: named.port };
  pebble = await startPebble({ dns: named.server });
  await writeFile(join(top, 'tsig'), `${named.secret}\n`, { mode: 0o600 });
});
afterAll(async () => {
  await pebble?.stop();
  await named?.stop();
  await rm(top, { recursive: true, force: true });
});

const challenge = (more: Partial<UpdateChallenge> = {}, key = 'good'): UpdateChallenge => ({
  ...{ kind: 'rfc2136', server: named.server, pointer: '/acme/challenge' },
  key: {
    ...{ name: key, algorithm: 'hmac-sha256' },
    secret: { file: join(top, 'tsig'), pointer: '/acme/challenge/key' },
  },
  ...more,
});
const solver = (patience = { within: 20_000, silence: 20_000 }) =>
  dnsSolver(updateWriter(challenge()), at, patience);
const proof = (name: string, token = 'abc'): Proof => ({ name, token, keyAuthorization: `${token}.print` });
const never = new AbortController().signal;
const texts = (name: string) => lookupAt([named.server]).texts(name);

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const error = await promise.catch((error) => error);
  if (!(error instanceof Fault)) throw new Error(`no fault: ${error}`, { cause: error });
  return error;
}

describe('a certificate by updates of a real BIND', () => {
  test('for a wildcard, its own name and a name whose proof is elsewhere; no record stays', async () => {
    const authority = { directory: pebble.directory, trust: pebble.trust, contact: [], termsAgreed: true };
    const session = await openSession({ ...authority, pointer: '/acme' }, join(top, 'acme'));
    const names = ['example.test', '*.example.test', 'aliased.example.test'];
    const { certificate } = await obtain(session, { names, keyType: 'ecdsa-p256' }, solver(), {
      keep: async () => {},
    });
    const held = new X509Certificate(certificate).subjectAltName?.split(', ').sort();
    expect(held).toEqual(names.map((name) => `DNS:${name}`).sort());
    expect(await texts('_acme-challenge.example.test')).toEqual(['of somebody else']);
    expect(await texts('aliased.proofs.test')).toEqual([]);
    expect(named.log()).toContain(
      "updating zone 'proofs.test/IN': adding an RR at 'aliased.proofs.test' TXT",
    );
    session.close();
  });

  test('the record is waited for at every server of the zone', async () => {
    const dns = solver();
    const shown = proof('wait.example.test');
    await dns.present(shown, never);
    const secondary = lookupAt([`[::1]:${named.port}`]);
    expect(await secondary.texts('_acme-challenge.wait.example.test')).toEqual([recordValue(shown)]);
    await dns.withdraw(shown);
    expect(await texts('_acme-challenge.wait.example.test')).toEqual([]);
  });

  test('one that does not answer is named; after a while the others are enough', async () => {
    const dns = solver({ within: 500, silence: 20_000 });
    const fault = await faultOf(dns.present(proof('alone.test'), never));
    expect(fault.code).toBe('acme.unseen');
    expect(fault.params.seen).toMatch(/^ns3\.alone\.test: E/);
    await dns.withdraw(proof('alone.test'));
    expect(await texts('_acme-challenge.alone.test')).toEqual([]);
    const lenient = solver({ within: 20_000, silence: 300 });
    await lenient.present(proof('alone.test'), never);
    await lenient.withdraw(proof('alone.test'));
  });

  test('where a proof has its place', async () => {
    expect(await placeOf('aliased.example.test', at)).toMatchObject({
      ...{ record: 'aliased.proofs.test', zone: 'proofs.test' },
      servers: [
        { name: 'ns1.proofs.test', addresses: [`127.0.0.1:${named.port}`] },
        { name: 'ns2.proofs.test', addresses: [`[::1]:${named.port}`] },
      ],
    });
    expect((await faultOf(placeOf('loop.example.test', at))).code).toMatch(/^acme\.(alias|zone)$/);
    expect((await faultOf(placeOf('elsewhere.invalid', at))).code).toBe('acme.zone');
  });
});

describe('an update that is refused says why', () => {
  const place = { record: '_acme-challenge.example.test', zone: 'example.test', servers: [] };
  const add = (of: UpdateChallenge, now?: () => number) => faultOf(updateWriter(of, now).add(place, 'x'));

  test('a key that is not known, another secret, a key that may not, one that may only elsewhere', async () => {
    expect(await add(challenge({}, 'unknown'))).toMatchObject({
      code: 'acme.update.key',
      params: { reason: 'BADKEY' },
    });
    await writeFile(join(top, 'wrong'), `${Buffer.alloc(32).toString('base64')}\n`, { mode: 0o600 });
    const secret = { file: join(top, 'wrong'), pointer: '' };
    expect(await add(challenge({ key: { name: 'good', algorithm: 'hmac-sha256', secret } }))).toMatchObject({
      code: 'acme.update.key',
      params: { reason: 'BADSIG' },
    });
    for (const key of ['other', 'narrow'])
      expect(await add(challenge({}, key))).toMatchObject({
        code: 'acme.update.refused',
        params: { reason: 'REFUSED', name: place.record, key },
      });
    const narrow = { ...place, record: '_acme-challenge.narrow.example.test' };
    await updateWriter(challenge({}, 'narrow')).add(narrow, 'x');
    await updateWriter(challenge({}, 'narrow')).remove(narrow, 'x');
  });

  test('a clock that is wrong, a zone that it does not hold, a secret that is none, nobody there', async () => {
    expect((await add(challenge(), () => Date.now() - 3_600_000)).code).toBe('acme.update.time');
    const elsewhere = await add(challenge({ zone: 'example.invalid' }));
    expect(elsewhere).toMatchObject({ code: 'acme.update.refused', params: { reason: 'NOTAUTH' } });
    await writeFile(join(top, 'words'), 'not base64 at all!\n', { mode: 0o600 });
    const secret = { file: join(top, 'words'), pointer: '' };
    const formless = challenge({ key: { name: 'good', algorithm: 'hmac-sha256', secret } });
    expect((await add(formless)).code).toBe('acme.update.form');
    const [closed] = (await freePorts(1)) as [number];
    expect((await add(challenge({ server: `127.0.0.1:${closed}` }))).code).toBe('acme.update.unreachable');
  });
});

describe('a program writes the record', () => {
  const hook = (command: string[], timeout = 5000): HookChallenge => ({
    ...{ kind: 'hook', command, timeout, pointer: '/acme/challenge' },
  });
  const place = { record: '_acme-challenge.example.test', zone: 'example.test', servers: [] };

  test('called with words, not through a shell, and not with our environment', async () => {
    const script = join(top, 'hook.sh');
    await writeFile(script, `#!/bin/sh\nprintf '%s|' "$@" "$SECRET_OF_OURS" >>${top}/called\n`);
    await chmod(script, 0o755);
    process.env.SECRET_OF_OURS = 'secret';
    const writer = hookWriter(hook([script, 'a b', '$(id)']));
    await Promise.all([writer.add(place, 'value'), writer.remove(place, 'value')]);
    delete process.env.SECRET_OF_OURS;
    const rest = `${place.record}|value||`;
    expect(await readFile(join(top, 'called'), 'utf8')).toBe(
      `a b|$(id)|present|${rest}a b|$(id)|cleanup|${rest}`,
    );
  });

  test('what fails says what it wrote; what hangs is ended with what it started', async () => {
    const failing = hookWriter(hook(['/bin/sh', '-c', 'echo "no such zone" >&2; exit 3']));
    expect(await faultOf(failing.add(place, 'x'))).toMatchObject({
      code: 'acme.hook.failed',
      params: { status: '3', reason: 'no such zone' },
    });
    const started = Date.now();
    const hanging = hookWriter(hook(['/bin/sh', '-c', 'echo waiting >&2; sleep 60 & wait'], 300));
    expect(await faultOf(hanging.add(place, 'x'))).toMatchObject({
      code: 'acme.hook.slow',
      params: { reason: 'waiting' },
    });
    expect(Date.now() - started).toBeLessThan(10_000);
    expect((await faultOf(hookWriter(hook(['/nowhere'])).add(place, 'x'))).code).toBe('acme.hook.missing');
  });
});
