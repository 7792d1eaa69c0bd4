import { webcrypto } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { translate } from '../../i18n/index.ts';
import { Fault } from '../../model/fault.ts';
import { openAuthority } from '../authority/authority.ts';
import * as x509 from '../x509.ts';
import { openAccount } from './account.ts';
import { adviceFor } from './advice.ts';
import { adviceId } from './certificate.ts';
import { obtain, rehearse, turnOf } from './obtain.ts';
import { preflight } from './preflight.ts';
import { retryAfter } from './retry-after.ts';
import { openSession } from './session.ts';
import { type Scripted, type StandIn, startStandIn } from './testing-authority.ts';
import type { Solver, Wish } from './types.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function start(more: Parameters<typeof startStandIn>[0] = {}, now: () => number = Date.now) {
  const standIn = await startStandIn(more);
  const folder = await mkdtemp(join(tmpdir(), 'poterne-acme-'));
  const authority = {
    directory: standIn.directory,
    trust: standIn.trust,
    contact: ['a@example.fr'],
    termsAgreed: true,
  };
  const session = await openSession({ ...authority, pointer: '/acme' }, folder, { now });
  open.push(session.close, standIn.stop, () => rm(folder, { recursive: true }));
  return { standIn, session };
}

const wish: Wish = { names: ['a.example', 'b.example'], keyType: 'ecdsa-p256' };
const solver: Solver = { type: 'http-01', present: async () => {}, withdraw: async () => {} };
const nothing = { keep: async () => {} };
const problem = (kind: string, detail = 'because', more = {}): Scripted => ({
  status: 400,
  body: { type: `urn:ietf:params:acme:error:${kind}`, detail, ...more },
});

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const error = await promise.catch((error) => error);
  if (!(error instanceof Fault)) throw new Error(`no fault: ${error}`, { cause: error });
  return error;
}

/** An order that needs no proof any more. */
function ready(standIn: StandIn, status = 'ready'): Scripted {
  const body = { status, authorizations: [], finalize: standIn.url('/finalize') };
  return { status: 201, headers: { location: standIn.url('/order/1') }, body };
}

describe('a refusal of an order', () => {
  test.each([
    ['caa', 'acme.caa'],
    ['rejectedIdentifier', 'acme.rejected'],
    ['unsupportedIdentifier', 'acme.rejected'],
    ['userActionRequired', 'acme.action'],
    ['unauthorized', 'acme.forbidden'],
    ['invalidProfile', 'acme.profile'],
    ['serverInternal', 'acme.busy'],
    ['rateLimited', 'acme.limited'],
    ['badSignatureAlgorithm', 'acme.refused'],
  ])('%s', async (kind, code) => {
    const { standIn, session } = await start();
    standIn.script['/order'] = () => problem(kind, 'see\u001b[2J https://ca.example/why');
    const fault = await faultOf(obtain(session, wish, solver, nothing));
    expect(fault.code).toBe(code);
    expect(fault.params.saw).toBe(`see\ufffd[2J https://ca.example/why (${kind})`);
    for (const language of ['en', 'fr'] as const)
      for (const { code, params } of [fault, fault.next].filter((each) => each !== undefined)) {
        expect(translate(language, code, params)).not.toMatch(/[{}]/);
        expect(translate(language, fault.code, fault.params)).toContain('https://ca.example/why');
      }
  });

  test('what it saw of each name', async () => {
    const { standIn, session } = await start();
    const of = (value: string, detail: string) => ({
      ...{ type: 'urn:ietf:params:acme:error:rejectedIdentifier', detail },
      identifier: { type: 'dns', value },
    });
    const subproblems = [of('a.example', 'blocked'), of('b.example', 'no public suffix')];
    standIn.script['/order'] = () => problem('rejectedIdentifier', 'two names', { subproblems });
    const fault = await faultOf(obtain(session, wish, solver, nothing));
    expect(fault.params.saw).toBe(
      'two names; a.example: blocked (rejectedIdentifier); b.example: no public suffix (rejectedIdentifier)',
    );
  });

  test('a page instead of a problem', async () => {
    const { standIn, session } = await start();
    standIn.script['/order'] = () => ({ status: 502, body: '<html>Bad gateway</html>' });
    const fault = await faultOf(obtain(session, wish, solver, nothing));
    expect(fault).toMatchObject({ code: 'acme.busy', params: { saw: 'HTTP 502 (about:blank)' } });
  });

  test('a contact, the key of a request', async () => {
    const { standIn, session } = await start();
    standIn.script['/account'] = () => problem('unsupportedContact');
    expect((await faultOf(openAccount(session))).code).toBe('acme.contact');
    const other = await start();
    other.standIn.script['/order'] = () => ready(other.standIn);
    other.standIn.script['/finalize'] = () => problem('badCSR', 'weak');
    expect((await faultOf(obtain(other.session, wish, solver, nothing))).code).toBe('acme.csr');
  });

  test('every nonce: it is asked a dozen times, and no more', async () => {
    const { standIn, session } = await start();
    standIn.script['/account'] = () => problem('badNonce');
    expect((await faultOf(openAccount(session))).code).toBe('acme.nonce');
    expect(standIn.received.filter(({ path }) => path === '/account')).toHaveLength(13);
  });
});

describe('a limit', () => {
  test('holds until the moment that the authority says, after a restart, and for whoever insists', async () => {
    let now = Date.now();
    const { standIn, session } = await start({}, () => now);
    standIn.script['/order'] = () => ({
      ...problem('rateLimited'),
      status: 429,
      headers: { 'retry-after': '172800' },
    });
    const fault = await faultOf(obtain(session, wish, solver, nothing));
    expect(fault).toMatchObject({
      code: 'acme.limited',
      params: { until: new Date(now + 172_800_000).toISOString() },
    });
    const asked = standIn.received.length;
    now += 86_400_000;
    for (const insist of [false, true])
      expect(await faultOf(obtain(session, wish, solver, { ...nothing, insist }))).toMatchObject({
        code: 'acme.wait',
        params: { code: 'acme.limited' },
      });
    const options = {
      challenge: { kind: 'http' },
      addresses: [],
      names: { resolvers: ['127.0.0.1:9'] },
    } as const;
    const findings = await preflight(session, { ...wish, names: [...wish.names].reverse() }, options);
    expect(findings.find(({ code }) => code === 'acme.wait')?.severity).toBe('error');
    expect(standIn.received.slice(asked).map(({ path }) => path)).not.toContain('/order');
    now += 86_400_000;
    standIn.script['/order'] = () => problem('caa');
    expect((await faultOf(obtain(session, wish, solver, nothing))).code).toBe('acme.caa');
    // The authority set no moment this time: a person need not wait.
    standIn.script['/order'] = () => problem('rejectedIdentifier');
    const insisted = obtain(session, wish, solver, { ...nothing, insist: true });
    expect((await faultOf(insisted)).code).toBe('acme.rejected');
    expect((await turnOf(session.folder, standIn.directory, wish)).attempts?.failures).toBe(3);
  });

  test('holds for a rehearsal at the same authority, and one that a rehearsal met holds too', async () => {
    const { standIn, session } = await start();
    standIn.script['/order'] = () => ({
      ...problem('rateLimited'),
      status: 429,
      headers: { 'retry-after': '3600' },
    });
    expect((await faultOf(rehearse(session, wish, solver))).code).toBe('acme.limited');
    expect((await faultOf(rehearse(session, wish, solver))).code).toBe('acme.wait');
    expect((await faultOf(obtain(session, wish, solver, { ...nothing, insist: true }))).code).toBe(
      'acme.wait',
    );
    expect(standIn.received.filter(({ path }) => path === '/order')).toHaveLength(1);
  });

  test.each([
    [
      'met while it is waited for',
      'acme.limited',
      (): Scripted => ({ ...problem('rateLimited'), status: 429 }),
    ],
    [
      'that is only slowness',
      'acme.busy',
      (standIn: StandIn) => ({ ...ready(standIn, 'processing'), status: 200 }),
    ],
  ])('%s: the order stays, and the moment is kept', async (_, code, answer) => {
    const { standIn, session } = await start();
    standIn.script['/order'] = () => ready(standIn, 'processing');
    standIn.script['/order/1'] = () => ({ ...answer(standIn), headers: { 'retry-after': '7200' } });
    expect((await faultOf(obtain(session, wish, solver, nothing))).code).toBe(code);
    const { at } = await turnOf(session.folder, standIn.directory, wish);
    expect(at).toBeGreaterThan(Date.now() + 7_000_000);
    const later = await openSession(session.authority, session.folder, { now: () => Date.now() + 7_300_000 });
    open.push(later.close);
    expect((await faultOf(obtain(later, wish, solver, nothing))).code).toBe(code);
    expect(standIn.received.filter(({ path }) => path === '/order')).toHaveLength(1);
  });

  test('a failure that a wrong clock put years ahead does not hold for years', async () => {
    let now = Date.now() + 4 * 365 * 86_400_000;
    const { standIn, session } = await start({}, () => now);
    standIn.script['/order'] = () => problem('caa');
    await faultOf(obtain(session, wish, solver, nothing));
    now = Date.now();
    const { at } = await turnOf(session.folder, standIn.directory, wish, now);
    expect(at - now).toBeLessThan(7 * 60_000);
  });

  test('Retry-After, in both of its forms', () => {
    const now = Date.parse('2026-11-25T12:00:00Z');
    expect(retryAfter('120', now)).toBe(now + 120_000);
    expect(retryAfter('Wed, 25 Nov 2026 13:00:00 GMT', now)).toBe(now + 3_600_000);
    expect(retryAfter('Wed, 25 Nov 2020 13:00:00 GMT', now)).toBe(now);
    for (const wrong of [undefined, '', '-1', 'soon', '1.5', '99999999999'])
      expect(retryAfter(wrong, now)).toBeUndefined();
  });
});

test('an order that is not ready yet is waited for; a certificate for another key is not used', async () => {
  const { standIn, session } = await start();
  const authority = await openAuthority(join(session.folder, 'other'), 'Other', new Date());
  const other = await authority.issue(wish.names, 10, new Date());
  standIn.script = {
    ...standIn.script,
    '/order': () => ready(standIn),
    '/finalize': (_, count) => (count === 1 ? problem('orderNotReady') : ready(standIn, 'processing')),
    '/order/1': (_, count) => {
      const { body } = ready(standIn, count < 2 ? 'ready' : count < 3 ? 'processing' : 'valid');
      return {
        headers: { 'retry-after': '1' },
        body: { ...(body as object), certificate: standIn.url('/cert') },
      };
    },
    '/cert': () => ({ body: other.certificate }),
  };
  const fault = await faultOf(obtain(session, wish, solver, nothing));
  expect(fault).toMatchObject({ code: 'acme.certificate', params: { reason: 'it is for another key' } });
  expect(standIn.received.filter(({ path }) => path === '/finalize')).toHaveLength(2);
});

test('an authority that fails in the middle: the proof is taken away, nothing is given up, the order is gone on with', async () => {
  const { standIn, session } = await start();
  const withdrawn: string[] = [];
  const proving: Solver = {
    ...solver,
    withdraw: async ({ name }) => {
      withdrawn.push(name);
    },
  };
  const challenge = { type: 'http-01', url: standIn.url('/challenge'), token: 'abc', status: 'pending' };
  const authorization = { status: 'pending', identifier: { value: 'a.example' }, challenges: [challenge] };
  const order = {
    status: 'pending',
    authorizations: [standIn.url('/authz')],
    finalize: standIn.url('/finalize'),
  };
  standIn.script = {
    ...standIn.script,
    '/order': () => ({ status: 201, headers: { location: standIn.url('/order/1') }, body: order }),
    '/order/1': () => ({ body: order }),
    '/authz': () => ({ body: authorization }),
    '/challenge': () => ({ status: 503, headers: { 'retry-after': '60' }, body: 'down' }),
  };
  expect((await faultOf(obtain(session, wish, proving, nothing))).code).toBe('acme.busy');
  expect(withdrawn).toEqual(['a.example']);
  // What a later attempt finds: it is being looked at already, and fails.
  const dns = { type: 'urn:ietf:params:acme:error:dns', detail: 'SERVFAIL looking up A for a.example' };
  standIn.script['/authz'] = (_, count) => ({
    body: {
      ...authorization,
      status: count < 4 ? 'pending' : 'invalid',
      challenges: [{ ...challenge, status: 'processing', ...(count < 4 ? {} : { error: dns }) }],
    },
  });
  const later = await openSession(session.authority, session.folder, { now: () => Date.now() + 600_000 });
  open.push(later.close);
  const fault = await faultOf(obtain(later, wish, proving, nothing));
  expect(fault).toMatchObject({ code: 'acme.unresolved', params: { names: 'a.example' } });
  expect(fault.params.saw).toContain('SERVFAIL looking up A');
  const count = (path: string) => standIn.received.filter((each) => each.path === path).length;
  expect([count('/order'), count('/challenge'), withdrawn.length]).toEqual([1, 1, 2]);
  const given = standIn.received.filter(
    ({ payload }) => (payload as { status?: string })?.status === 'deactivated',
  );
  expect(given).toHaveLength(1);
});

test('no proof is made for a name that was not asked for', async () => {
  const { standIn, session } = await start();
  const shown: string[] = [];
  const proving: Solver = {
    ...solver,
    present: async ({ name }) => {
      shown.push(name);
    },
  };
  const challenge = { type: 'http-01', url: standIn.url('/challenge'), token: 'abc', status: 'pending' };
  const body = { status: 'pending', identifier: { value: 'x; reboot' }, challenges: [challenge] };
  const authorizations = [standIn.url('/authz')];
  const order = { status: 'pending', authorizations, finalize: standIn.url('/finalize') };
  standIn.script['/order'] = () => ({
    status: 201,
    headers: { location: standIn.url('/order/1') },
    body: order,
  });
  standIn.script['/authz'] = () => ({ body });
  const fault = await faultOf(obtain(session, wish, proving, nothing));
  expect([fault.code, fault.params.body, shown]).toEqual(['acme.protocol', 'x; reboot', []]);
});

test('an authority that asks for more proofs than there are names is not followed', async () => {
  const { standIn, session } = await start();
  const authorizations = Array.from({ length: 150 }, (_, n) => standIn.url(`/authz/${n}`));
  const order = { status: 'pending', authorizations, finalize: standIn.url('/finalize') };
  standIn.script['/order'] = () => ({
    status: 201,
    headers: { location: standIn.url('/order/1') },
    body: order,
  });
  const fault = await faultOf(obtain(session, wish, solver, nothing));
  expect([fault.code, fault.params.body]).toEqual(['acme.protocol', '150 authorizations']);
  expect(standIn.received.filter(({ path }) => path.startsWith('/authz'))).toEqual([]);
});

test('a profile is asked for where it is offered', async () => {
  const { standIn, session } = await start({ meta: { profiles: { shortlived: 'six days', classic: '' } } });
  standIn.script['/order'] = () => problem('caa');
  await faultOf(obtain(session, { ...wish, profile: 'shortlived' }, solver, nothing));
  expect(standIn.received.at(-1)?.payload).toMatchObject({ profile: 'shortlived' });
  const unknown = await faultOf(obtain(session, { ...wish, profile: 'long' }, solver, nothing));
  expect(unknown).toMatchObject({ code: 'acme.profile', params: { saw: 'long: shortlived, classic' } });
});

describe('advice on renewal (RFC 9773)', () => {
  /** A certificate with the example's issuer key and serial (RFC 9773 §4.1). */
  async function example(serialNumber = '0087654321'): Promise<string> {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      ...{ serialNumber, name: 'CN=example', keys, signingAlgorithm: algorithm },
      extensions: [new x509.AuthorityKeyIdentifierExtension('69885b6b87464041e1b37b847ba0ae2cde01c8d4')],
    });
    return certificate.toString('pem');
  }

  test('a certificate is called as in the example', async () => {
    expect(adviceId(await example())).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
    expect(adviceId(await example('7f'))).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.fw');
  });

  test('is read, with when to ask again; too often and too seldom are kept within bounds', async () => {
    const now = Date.parse('2026-11-25T12:00:00Z');
    const { standIn, session } = await start({ renewalInfo: true }, () => now);
    const path = '/info/aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE';
    const window = { start: '2026-12-01T00:00:00Z', end: '2026-12-03T00:00:00Z' };
    for (const [header, again] of [
      ['21600', 21_600_000],
      ['0', 60_000],
      ['99999999', 86_400_000],
      ['soon', 21_600_000],
    ] as const) {
      const body = { suggestedWindow: window, explanationURL: 'https://ca.example/incident' };
      standIn.script[path] = () => ({ headers: { 'retry-after': header }, body });
      expect(await adviceFor(session, await example())).toEqual({
        window: { start: Date.parse(window.start), end: Date.parse(window.end) },
        explanation: 'https://ca.example/incident',
        again: now + again,
      });
    }
    standIn.script[path] = () => ({ body: { suggestedWindow: { start: 'x' } } });
    expect((await faultOf(adviceFor(session, await example()))).code).toBe('acme.protocol');
    standIn.script[path] = () => ({ status: 404 });
    expect(await adviceFor(session, await example())).toBeUndefined();
  });

  test('none where the authority gives none', async () => {
    const { session } = await start();
    expect(await adviceFor(session, await example())).toBeUndefined();
  });

  test('an order says what it replaces; where that was replaced already, it is ordered without', async () => {
    const { standIn, session } = await start({ renewalInfo: true });
    standIn.script['/order'] = (_, count) => problem(count === 1 ? 'alreadyReplaced' : 'caa');
    const fault = await faultOf(obtain(session, { ...wish, replaces: await example() }, solver, nothing));
    expect(fault.code).toBe('acme.caa');
    const sent = standIn.received.filter(({ path }) => path === '/order').map(({ payload }) => payload);
    expect(sent[0]).toMatchObject({ replaces: 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE' });
    expect(sent[1]).not.toHaveProperty('replaces');
  });
});
