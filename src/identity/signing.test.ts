import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Fault } from '../model/fault.ts';
import { openSigning, type Signing } from './signing.ts';

let folder: string;
let now: Date;
const lost: Fault[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-signing-'));
  now = new Date();
  lost.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const secret = 'a secret that lies elsewhere and is long';
const opened = (locked: string | undefined = secret) =>
  openSigning(
    folder,
    locked,
    (fault) => void lost.push(fault),
    () => now,
  );
const later = (days: number) => {
  now = new Date(now.getTime() + days * 86_400_000);
};
const alice = { sub: 'alice', name: 'Alice Martin', groups: ['staff'], sid: 's1' };
const issuer = 'https://portail.example.fr';
const token = (signing: Signing) => signing.sign(alice, issuer, 'erp.example.fr');
const kids = (signing: Signing) => signing.published().map(({ kid }) => kid);

/** What an application does. */
const verified = async (jwt: string, signing: Signing, audience = 'erp.example.fr'): Promise<JWTPayload> => {
  const keys = signing.published().map(({ jwk }) => JSON.parse(jwk));
  const { payload } = await jwtVerify(jwt, createLocalJWKSet({ keys }), {
    ...{ issuer, audience, algorithms: ['ES256'], currentDate: now },
  });
  return payload;
};

test('an application verifies it with the published keys, for itself alone and for five minutes', async () => {
  const signing = await opened();
  const jwt = token(signing);
  expect(await verified(jwt, signing)).toMatchObject(alice);
  await expect(verified(jwt, signing, 'other.example.fr')).rejects.toThrow('aud');
  const [head, body, signature = ''] = jwt.split('.');
  const forged = Buffer.from(JSON.stringify({ ...decodeJwt(jwt), sub: 'root' })).toString('base64url');
  await expect(verified(`${head}.${forged}.${signature}`, signing)).rejects.toThrow('signature');
  await expect(verified(`${head}.${body}.`, signing)).rejects.toThrow();
  later(1 / 240);
  await expect(verified(jwt, signing)).rejects.toThrow('exp');
});

test('two keys are published at every moment, and what was signed before a change still verifies', async () => {
  const signing = await opened();
  const [first, second] = kids(signing);
  expect(kids(signing)).toHaveLength(2);
  for (let day = 0; day < 70; day++) {
    const known = kids(signing);
    const jwt = token(signing);
    await signing.rotate();
    expect(kids(signing)).toHaveLength(2);
    expect(await verified(jwt, signing)).toMatchObject(alice);
    // An application that fetched the keys a day ago knows the one that signs.
    expect(known).toContain(
      JSON.parse(Buffer.from(token(signing).split('.')[0] ?? '', 'base64url').toString()).kid,
    );
    later(1);
  }
  expect(kids(signing)).not.toContain(first);
  expect(kids(signing)).not.toContain(second);
  expect(kids(await opened())).toEqual(kids(signing));
});

test('keys are private, and locked by the machine’s', async () => {
  await opened();
  const file = join(folder, 'signing.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).toContain('ENCRYPTED PRIVATE KEY');
});

/** What becomes of the file, and the machine's key from then on. */
const losses: readonly (readonly [what: string, content: string | undefined, key: string])[] = [
  ['damaged', '{', secret],
  ['empty', '[]', secret],
  ['another machine’s', undefined, 'another secret that lies elsewhere, as long'],
];

test.each(losses)('keys that are %s are put aside, and new ones made', async (_, content, key) => {
  const before = await opened();
  const jwt = token(before);
  if (content !== undefined) await writeFile(join(folder, 'signing.json'), content);
  const after = await opened(key);
  expect(lost.map(({ code }) => code)).toEqual(['signing.lost']);
  await expect(verified(jwt, after)).rejects.toThrow();
  expect(await verified(token(after), after)).toMatchObject(alice);
  expect((await readdir(folder)).filter((name) => name.endsWith('.unreadable'))).toHaveLength(1);
});
