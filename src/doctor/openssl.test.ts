import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectFile } from './inspect.ts';
import { type Case, cases, root } from './testing/wrong.ts';
import { opensslVerdict } from './verdict.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-doctor-'));
  await writeFile(join(folder, 'root.pem'), root.cert);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The page that explains where OpenSSL says otherwise: the names of the cases in its table. */
async function explained(page: string): Promise<readonly string[]> {
  const text = await readFile(new URL(`../../${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map((row) => row[1] as string);
}

/** What OpenSSL says of the same file. */
async function verdict(wanted: Case, file: string, ca: string, key: string): Promise<Case['openssl']> {
  if (spawnSync('openssl', ['x509', '-in', file, '-noout']).status !== 0) return 'unreadable';
  if (wanted.key !== undefined) {
    const ofKey = execFileSync('openssl', ['pkey', '-in', key, '-pubout'], { encoding: 'utf8' });
    const ofCertificate = execFileSync('openssl', ['x509', '-in', file, '-pubkey', '-noout'], {
      encoding: 'utf8',
    });
    if (ofKey !== ofCertificate) return 'mismatch';
  }
  const { purpose, host } = wanted;
  const { number } = await opensslVerdict(file, {
    ca,
    ...(purpose === undefined ? {} : { purpose }),
    ...(host === undefined ? {} : { name: host }),
  });
  return number;
}

async function examined(wanted: Case) {
  const at = (end: string) => join(folder, `${wanted.name}.${end}`);
  await writeFile(at('pem'), wanted.file, { mode: 0o600 });
  if (wanted.key !== undefined) await writeFile(at('key'), wanted.key, { mode: 0o600 });
  if (wanted.ca !== undefined) await writeFile(at('ca'), wanted.ca);
  const ca = wanted.ca === undefined ? join(folder, 'root.pem') : at('ca');
  const { purpose, host } = wanted;
  const { found } = await inspectFile(at('pem'), {
    now: new Date(),
    ca,
    ...(purpose === undefined ? {} : { purpose }),
    ...(host === undefined ? {} : { name: host }),
    ...(wanted.key === undefined ? {} : { key: { file: at('key'), passphrase: async () => undefined } }),
  });
  return { found, openssl: await verdict(wanted, at('pem'), ca, at('key')) };
}

describe('certificates that are wrong in one way each', () => {
  const differing: string[] = [];

  test.each(cases)('$name', async (wanted) => {
    const { found, openssl } = await examined(wanted);
    expect({ codes: found.map(({ code }) => code), openssl }).toEqual({
      codes: wanted.codes,
      openssl: wanted.openssl,
    });
    const isBroken = found.some(({ severity }) => severity === 'error');
    if (isBroken !== (openssl !== 0)) differing.push(wanted.name);
  });

  test.each(['docs/certificate-doctor.md', 'docs/fr/certificate-doctor.md'])(
    '%s explains each in which OpenSSL says otherwise, and no other',
    async (page) => {
      expect((await explained(page)).toSorted()).toEqual(differing.toSorted());
    },
  );
});
