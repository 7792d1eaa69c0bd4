import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { translate } from '../../i18n/index.ts';
import type { AcmeChallenge, UpdateChallenge } from '../../model/acme.ts';
import type { Finding } from '../../model/finding.ts';
import { allows, relevantCaa } from './caa.ts';
import { type CaaRecord, lookupAt } from './dns-names.ts';
import { type PreflightOptions, preflight, whoseAddress } from './preflight.ts';
import { openSession, type Session } from './session.ts';
import { type StandIn, startStandIn } from './testing-authority.ts';
import { type Named, startNamed } from './testing-named.ts';

let top: string;
let gateway: Server;
let port: number;
let named: Named;
let standIn: StandIn;
let session: Session;

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'poterne-preflight-'));
  standIn = await startStandIn({ meta: { caaIdentities: ['ca.example'] } });
  const authority = { directory: standIn.directory, trust: standIn.trust, contact: [], termsAgreed: true };
  session = await openSession({ ...authority, pointer: '/acme' }, join(top, 'acme'));
  gateway = createServer((request, response) => {
    if (request.headers.host === 'box.example.test') {
      response.writeHead(404, { server: 'box/1.0' });
      response.end('<h1>Freebox</h1>');
    } else response.end(`${request.url?.split('/').at(-1)}.${session.key.thumbprint}`);
  });
  await once(gateway.listen(0, '127.0.0.1'), 'listening');
  port = (gateway.address() as { port: number }).port;
  named = await startNamed({
    'example.test': [
      ...['good A 127.0.0.1', 'box A 127.0.0.1', 'away A 127.0.0.5'],
      ...['half A 127.0.0.1', 'half AAAA ::1', 'good.below A 127.0.0.1'],
      ...['below CAA 0 issue "other.example"', 'mine.below A 127.0.0.1'],
      'mine.below CAA 0 issue "ca.example; validationmethods=dns-01"',
    ],
  });
  await writeFile(join(top, 'tsig'), `${named.secret}\n`, { mode: 0o600 });
});
afterAll(async () => {
  session?.close();
  gateway?.close();
  await named?.stop();
  await standIn?.stop();
  await rm(top, { recursive: true, force: true });
});

async function look(
  names: readonly string[],
  more: Partial<PreflightOptions> = {},
  on: Session = session,
): Promise<Finding[]> {
  const names_ = { resolvers: [named.server], port: named.port };
  const findings = await preflight(
    on,
    { names, keyType: 'ecdsa-p256' },
    { challenge: { kind: 'http' }, addresses: ['127.0.0.1'], names: names_, port, ...more },
  );
  for (const { code, params, hint } of findings)
    for (const language of ['en', 'fr'] as const) {
      expect(translate(language, code, params)).not.toMatch(/[{}]/);
      expect(hint && translate(language, hint.code, hint.params)).not.toMatch(/[{}]/);
    }
  return findings;
}

describe('over HTTP', () => {
  test('a name that leads to us: nothing, and only the directory was read', async () => {
    standIn.received.length = 0;
    expect(await look(['good.example.test'])).toEqual([]);
    expect(standIn.received.map(({ path }) => path).filter((path) => path !== '/dir')).toEqual([]);
  });

  test.each([
    ['box.example.test', ['127.0.0.1'], 'acme.preflight.answer', 'HTTP 404 (box/1.0) <h1>Freebox</h1>'],
    ['box.example.test', ['192.0.2.1'], 'acme.preflight.elsewhere', 'HTTP 404 (box/1.0) <h1>Freebox</h1>'],
    ['away.example.test', ['127.0.0.5'], 'acme.preflight.port', 'ECONNREFUSED'],
    ['away.example.test', ['127.0.0.1'], 'acme.preflight.elsewhere', 'ECONNREFUSED'],
  ])('%s, where %s are ours: %s', async (name, addresses, code, seen) => {
    const findings = await look([name], { addresses });
    expect(findings).toMatchObject([{ severity: 'error', code, params: { name, seen } }]);
  });

  test('an address that cannot be reached from here, where nobody knows ours, is a warning', async () => {
    const [finding] = await look(['away.example.test'], { addresses: [] });
    expect(finding).toMatchObject({ severity: 'warning', code: 'acme.preflight.unproved' });
  });

  test.each([
    ['203.0.113.7', ['10.0.0.2', '203.0.113.7'], 'ours'],
    ['2001:db8::1', ['2001:0db8:0::1'], 'ours'],
    ['203.0.113.7', ['10.0.0.2', '198.51.100.1'], 'theirs'],
    ['10.0.0.9', ['10.0.0.2'], 'theirs'],
    ['203.0.113.7', ['10.0.0.2', 'fe80::1', '127.0.0.1'], 'unknown'],
    ['203.0.113.7', [], 'unknown'],
  ])('%s, where %j are ours, is %s', (address, ours, whose) => {
    expect(whoseAddress(address, ours)).toBe(whose);
  });

  test('IPv6 that leads nowhere beside IPv4 that leads to us', async () => {
    const findings = await look(['half.example.test']);
    expect(findings).toMatchObject([{ code: 'acme.preflight.elsewhere', params: { address: '::1' } }]);
    const ours = await look(['half.example.test'], { addresses: ['127.0.0.1', '0:0::0:1'] });
    expect(ours).toMatchObject([{ code: 'acme.preflight.port', params: { address: '::1' } }]);
  });

  test('a name that does not exist, and a resolver that is not there', async () => {
    expect(await look(['none.example.test'])).toMatchObject([{ code: 'acme.preflight.unresolved' }]);
    const names = { resolvers: ['127.0.0.9:9'] };
    const codes = (await look(['good.example.test'], { names })).map(({ code }) => code).sort();
    expect(codes).toEqual(['acme.preflight.caa.unanswered', 'acme.preflight.unresolved']);
  });
});

describe('CAA', () => {
  test('of the nearest name that has any', async () => {
    const findings = await look(['good.below.example.test', '*.good.below.example.test']);
    const records = 'CAA 0 issue "other.example"';
    const about = { code: 'acme.preflight.caa', params: { at: 'below.example.test', records } };
    expect(findings).toMatchObject([about, about]);
  });

  test('that allows another way to prove the name', async () => {
    expect(await look(['mine.below.example.test'])).toMatchObject([{ code: 'acme.preflight.caa' }]);
    const found = await relevantCaa('mine.below.example.test', lookupAt([named.server]));
    const as = { identities: ['ca.example'], isWildcard: false } as const;
    expect(allows(found.records, { ...as, method: 'dns-01' })).toBe(true);
  });

  const record = (text: string): CaaRecord => {
    const [flag, tag, ...value] = text.split(' ') as [string, string, ...string[]];
    return { critical: flag === '128', tag, value: value.join(' ') };
  };
  test.each([
    [[], true, true],
    [['0 issue ca.example'], true, true],
    [['0 issue CA.Example'], true, true],
    [['0 issue other.example'], false, false],
    [['0 issue ;'], false, false],
    [['0 issue other.example', '0 issue ca.example'], true, true],
    [['0 issue ca.example', '0 issuewild ;'], true, false],
    [['0 issue ;', '0 issuewild ca.example'], false, true],
    [['0 issuewild other.example'], true, false],
    [['0 iodef mailto:a@example.fr'], true, true],
    [['128 tbs unknown'], false, false],
    [['0 tbs unknown'], true, true],
    [['0 issue ca.example; accounturi=https://ca.example/acct/1'], true, true],
    [['0 issue ca.example; accounturi=https://ca.example/acct/2'], false, false],
    [['0 issue ca.example; validationmethods=http-01,tls-alpn-01'], true, true],
    [['0 issue ca.example; validationmethods=dns-01'], false, false],
  ])('%j: %s, for a wildcard %s', (records, plain, wildcard) => {
    const account = 'https://ca.example/acct/1';
    const certifier = { identities: ['ca.example'], method: 'http-01', account } as const;
    expect(allows(records.map(record), { ...certifier, isWildcard: false })).toBe(plain);
    expect(allows(records.map(record), { ...certifier, isWildcard: true })).toBe(wildcard);
  });
});

describe('over the DNS', () => {
  const update = (key: string): UpdateChallenge => ({
    ...{ kind: 'rfc2136', server: named.server, pointer: '/acme/challenge' },
    key: {
      ...{ name: key, algorithm: 'hmac-sha256' },
      secret: { file: join(top, 'tsig'), pointer: '/acme/challenge/key' },
    },
  });

  test('the record is written and removed; a key that may not is told', async () => {
    expect(await look(['*.example.test'], { challenge: update('good') })).toEqual([]);
    expect(await lookupAt([named.server]).texts('_acme-challenge.example.test')).toEqual([]);
    expect(named.log()).toContain('poterne-preflight');
    expect(await look(['*.example.test'], { challenge: update('other') })).toMatchObject([
      { severity: 'error', code: 'acme.update.refused', params: { reason: 'REFUSED' } },
    ]);
  });

  test('a program that cannot be run', async () => {
    const challenge: AcmeChallenge = { kind: 'hook', command: ['/nowhere'], timeout: 1000, pointer: '/acme' };
    expect(await look(['good.example.test'], { challenge })).toMatchObject([{ code: 'acme.hook.missing' }]);
  });
});

test('a clock that is wrong, an authority that is not there', async () => {
  const { authority } = session;
  const late = await openSession(authority, join(top, 'acme'), { now: () => Date.now() - 600_000 });
  const [clock] = await look(['good.example.test'], {}, late);
  expect(clock).toMatchObject({ code: 'acme.preflight.clock', params: { direction: '-' } });
  late.close();
  const gone = await openSession({ ...authority, directory: 'https://localhost:9/dir' }, join(top, 'acme'));
  expect(await look(['good.example.test'], {}, gone)).toMatchObject([{ code: 'acme.unreachable' }]);
  gone.close();
});
