import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  alice,
  begin,
  bob,
  chained,
  end,
  files,
  gateway,
  impostor,
  ocspPort,
  other,
  raw,
  revoked,
  right,
  status,
} from './testing-certified.ts';
import { type Client, type ClientWish, clientAuthority } from './testing-clients.ts';
import { told } from './testing-gateway.ts';

// Whose certificates are good, and what services are told of them.

type Names = NonNullable<ClientWish['names']>;

beforeAll(begin);
afterAll(end);

describe('a name that requires a certificate', () => {
  test('lets the right one in, and tells the service whose it is', async () => {
    const seen = told(await gateway.get('api.localhost', '/', { client: alice })).headers;
    expect(seen['x-client-verified']).toBe('SUCCESS');
    expect(seen['x-client-identity']).toBe('CN=alice,O=Org\\, Inc');
    expect(seen['x-client-subject']).toBe('CN=alice,O=Org\\, Inc');
    expect(seen['x-client-issuer']).toBe('CN=Partner Root');
    expect(Number.parseInt(seen['x-client-serial'] as string, 16)).toBe(Number.parseInt(alice.serial, 16));
  });

  test('refuses whoever has none, in both languages', async () => {
    const english = await gateway.get('api.localhost');
    expect([english.status, english.body.includes('Certificate needed')]).toEqual([403, true]);
    const french = await gateway.get('api.localhost', '/', { headers: { 'accept-language': 'fr' } });
    expect([french.status, french.body.includes('Certificat nécessaire')]).toEqual([403, true]);
    const json = await gateway.get('api.localhost', '/', { headers: { accept: 'application/json' } });
    expect([json.status, Object.keys(JSON.parse(json.body))]).toEqual([403, ['status', 'request']]);
  });

  test.each<[string, () => Promise<Client>]>([
    ['an impostor of its authority', () => impostor.client()],
    ['another authority', async () => bob],
    ['no authority', async () => ({ ...alice, ...(await selfSigned()) })],
    ['the past', () => right.client({ from: -20, until: -1 })],
    ['the future', () => right.client({ from: 1, until: 2 })],
    ['somebody who was revoked', async () => revoked],
  ])('refuses one of %s', async (_, client) => {
    const reply = await gateway.get('api.localhost', '/', { client: await client() });
    expect([reply.status, reply.body.includes('<h1>Certificate refused</h1>')]).toEqual([403, true]);
  });

  test('says in its log whose certificate was refused, and why', async () => {
    await gateway.get('api.localhost', '/why', { client: await right.client({ from: -20, until: -1 }) });
    expect((await gateway.log()).find(({ uri }) => uri === '/why')).toMatchObject({
      ...{ status: 403, clientVerified: 'FAILED:certificate has expired' },
      clientSubject: expect.stringMatching(/^CN=/),
    });
  });

  const selfSigned = async () => {
    const own = await clientAuthority('CN=alice');
    const pair = await own.client({ subject: 'CN=alice' });
    return pair;
  };

  test('counts the authorities above a certificate', async () => {
    expect(await status('api.localhost', chained)).toBe(200);
    expect(await status('short.localhost', chained)).toBe(403);
    expect(await status('short.localhost', alice)).toBe(200);
  });

  test('refuses all while a revocation list is missing or has ended', async () => {
    expect(await status('listless.localhost', alice)).toBe(200);
    expect(await status('listless.localhost', chained)).toBe(403);
    expect(await status('ended.localhost', alice)).toBe(403);
  });

  test('refuses all while nobody answers whether they are revoked', async () => {
    expect([await status('asked.localhost', alice), await status('asked.localhost')]).toEqual([403, 403]);
  });

  test('is still shut to those outside its audience', async () => {
    expect(await status('away.localhost', alice)).toBe(403);
    expect((await gateway.get('away.localhost', '/', { client: alice })).body).toContain(
      'Not open from here',
    );
  });

  test.each(['a.wild.localhost', 'app1.localhost'])('under %s too', async (name) => {
    expect([await status(name), await status(name, bob), await status(name, alice)]).toEqual([403, 403, 200]);
  });
});

describe('a name whose certificates are asked about over OCSP', () => {
  const ask = () => Promise.all([status('ocsp.localhost', alice), status('ocsp.localhost', revoked)]);

  test('refuses all while nobody answers, and then only who is revoked', async () => {
    expect(await ask()).toEqual([403, 403]);
    const at = (name: string) => join(files, name);
    const entry = (state: string, since: string, { serial }: Client) =>
      `${state}\t350301000000Z\t${since}\t${serial.toUpperCase()}\tunknown\t/CN=x\n`;
    await writeFile(at('index'), entry('V', '', alice) + entry('R', '251120100000Z', revoked));
    const signs = [
      '-CA',
      at('right.pem'),
      '-rsigner',
      at('right.pem'),
      '-rkey',
      at('right.key'),
      '-ndays',
      '1',
    ];
    const child = spawn('openssl', ['ocsp', '-port', `${ocspPort}`, '-index', at('index'), ...signs]);
    try {
      await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
      await vi.waitFor(async () => expect(await ask()).toEqual([200, 403]), { timeout: 90_000 });
    } finally {
      child.kill();
    }
    expect(await status('ocsp.localhost')).toBe(403);
  });
});

describe('a certificate that is optional', () => {
  test('is told when it is shown, and nothing is told otherwise', async () => {
    const shown = told(await gateway.get('others.localhost', '/', { client: bob })).headers;
    expect([shown['x-client-verified'], shown['x-client-identity']]).toEqual(['SUCCESS', 'bob']);
    const none = told(await gateway.get('others.localhost')).headers;
    expect([none['x-client-verified'], none['x-client-identity']]).toEqual(['NONE', undefined]);
  });

  test('must be good all the same', async () => {
    expect(await status('others.localhost', alice)).toBe(403);
  });

  test.each([
    ['x', [{ CN: ['x'] }, { O: ['a'] }]],
    ['good', [{ CN: ['good'] }, { O: ['a,CN=evil'] }]],
    ['good', [{ O: ['a\\,CN=evil'] }, { CN: ['good'] }]],
    ['good', [{ CN: ['good'] }, { O: ['a\\'] }]],
    [undefined, [{ O: ['CN=evil'] }]],
    [undefined, [{ O: ['a,CN=evil'] }]],
    ['a\\,b', [{ CN: ['a,b'] }]],
    ['a\\0D\\0AX-Client-Issuer: evil', [{ CN: ['a\r\nX-Client-Issuer: evil'] }]],
  ])('the common name is %s of %j', async (name, subject) => {
    const client = await other.client({ subject });
    const seen = told(await gateway.get('others.localhost', '/', { client })).headers;
    expect([seen['x-client-verified'], seen['x-client-identity']]).toEqual(['SUCCESS', name]);
  });
});

describe('alternative names', () => {
  const names: Names = [
    { type: 'email', value: 'alice@partner.example' },
    { type: 'dns', value: 'one.partner.example' },
    { type: 'url', value: 'spiffe://partner.example/alice' },
    { type: 'ip', value: '192.0.2.1' },
    { type: 'dns', value: 'two.partner.example' },
  ];
  const many: Names = Array.from({ length: 90 }, (_, n) => ({ type: 'dns', value: `n${n}.example` }));
  test.each<[string, Names | undefined, string | undefined]>([
    ['dns.localhost', names, 'one.partner.example,two.partner.example'],
    ['email.localhost', names, 'alice@partner.example'],
    ['uri.localhost', names, 'spiffe://partner.example/alice'],
    ['dns.localhost', many, many.map(({ value }) => value).join(',')],
    ['dns.localhost', undefined, undefined],
    ['uri.localhost', [{ type: 'dns', value: 'spiffe://partner.example/alice' }], undefined],
    ['dns.localhost', [{ type: 'dns', value: 'a.example,admin.example' }], undefined],
    ['dns.localhost', [{ type: 'dns', value: 'a.example\r\nX-Client-Issuer: evil' }], undefined],
  ])('%s tells %j as %s', async (host, some, identity) => {
    const client = await right.client(some ? { names: some } : {});
    const seen = told(await gateway.get(host, '/', { client })).headers;
    expect([seen['x-client-verified'], seen['x-client-identity']]).toEqual(['SUCCESS', identity]);
    expect(seen['x-client-issuer']).toBe('CN=Partner Root');
  });

  test('are nothing where no certificate is shown', async () => {
    const seen = told(await gateway.get('email.localhost')).headers;
    expect([seen['x-client-verified'], seen['x-client-identity']]).toEqual(['NONE', undefined]);
  });
});

describe('what a service is told', () => {
  const forged = [
    ...['X-Client-Identity', 'x-client-identity', 'X_Client_Identity', 'X-CLIENT-IDENTITY'],
    ...['X-Client-Verified', 'X-Client-Subject', 'X-Client-Issuer', 'X-Client-Serial', 'X-Who', 'X-Pem'],
    ...['X_Client-Identity', 'X.Client.Identity'],
  ];
  const forging = (name: string) =>
    `GET / HTTP/1.1\r\nHost: ${name}\r\n${forged.map((header) => `${header}: evil\r\n${header}: evil\r\n`).join('')}Connection: close\r\n\r\n`;

  test.each([
    ['api.localhost', () => alice],
    ['renamed.localhost', () => alice],
    ['others.localhost', () => undefined],
    ['open.localhost', () => undefined],
  ])('at %s, no visitor can say', async (name, client) => {
    const answer = await raw(name, forging(name), client());
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer).not.toContain('evil');
  });

  test('on a path of the same name that asks for none', async () => {
    const answer = await raw('paths.localhost', forging('paths.localhost').replace('GET /', 'GET /open/'));
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer).not.toContain('evil');
    expect(answer).not.toContain('x-client');
    const shown = told(await gateway.get('paths.localhost', '/open/', { client: alice })).headers;
    expect(shown['x-client-verified']).toBeUndefined();
  });

  test('the names are those of the description', async () => {
    const seen = told(await gateway.get('renamed.localhost', '/', { client: alice })).headers;
    expect(seen['x-who']).toBe('CN=alice,O=Org\\, Inc');
    expect(decodeURIComponent(seen['x-pem'] as string)).toBe(alice.cert);
    expect(seen['x-client-identity']).toBeUndefined();
  });
});
