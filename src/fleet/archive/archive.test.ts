import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runsFolder } from '../journal.ts';
import { openSealingKey } from './key.ts';
import type { Manifest } from './manifest.ts';
import { archiveRun, type Sealed } from './seal.ts';
import { fingerprintOf, publicKeyIn, signatureOf, signerOf } from './signature.ts';
import { readSums, writeSums } from './sums.ts';
import { entriesOf, madeRun, type RawEntry, script, tarOf } from './testing.ts';
import { type Trust, verifyArchive } from './verify.ts';

const site = { name: 'centre', language: 'fr', timezone: 'Europe/Paris' } as const;
let state: string;
let sealed: Sealed;
let trust: Trust;
let file: string;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'poterne-archive-'));
  const run = await madeRun(
    state,
    {
      prod1: { outcome: { is: 'ok' }, stdout: 'SOC\n', files: { 'tmp/fichier_1log.txt': 'result' } },
      prod2: {
        outcome: { is: 'failed', exit: 4 },
        stderr: '<script>alert(1)</script>\n\u001b[31mred\u202e',
        files: { 'tmp/back\\slash é\u00a0<b>.txt': 'hostile name' },
      },
      prod3: {
        outcome: {
          is: 'unreachable',
          fault: { code: 'host.unreachable', params: { host: 'prod3', reason: 'no' } },
        },
      },
      prod4: {},
    },
    { never: ['prod5'], args: ['SOC_PRODUCTION', '"><img src=x>'] },
  );
  sealed = await archiveRun({ state, run, site });
  const { public: own } = await openSealingKey(state);
  trust = { own, most: 1e9 };
});
afterAll(() => rm(state, { recursive: true, force: true }));
let count = 0;
beforeEach(() => {
  file = join(state, `altered-${count++}.tar.gz`);
});

const verified = async (bytes: Buffer, by: Trust = trust) => {
  await writeFile(file, bytes);
  return verifyArchive(file, by);
};
const whole = () => readFile(sealed.file);

describe('an archive', () => {
  test('is checked by coreutils and OpenSSH alone, once tar has unpacked it', async () => {
    const folder = join(state, 'unpacked');
    await mkdir(folder);
    execFileSync('tar', ['-xzf', sealed.file, '-C', folder]);
    const inside = join(folder, `poterne-run-${sealed.run}`);
    const checked = execFileSync('sha256sum', ['--strict', '-c', 'SHA256SUMS'], {
      cwd: inside,
      encoding: 'utf8',
    });
    expect(checked).toContain('hosts/prod2/files/tmp/back\\slash é\u00a0<b>.txt: OK');
    await writeFile(join(folder, 'signers'), `poterne ${await readFile(join(inside, 'signer.pub'), 'utf8')}`);
    const signature = ['-n', 'poterne-run', '-I', 'poterne', '-f', '../signers', '-s', 'SHA256SUMS.sig'];
    const input = await readFile(join(inside, 'SHA256SUMS'));
    const said = execFileSync('ssh-keygen', ['-Y', 'verify', ...signature], {
      cwd: inside,
      input,
      encoding: 'utf8',
    });
    expect(said).toContain(`Good "poterne-run" signature for poterne with ED25519 key ${sealed.fingerprint}`);
    expect(await readFile(join(inside, 'script/Fichier_fourni.sh'), 'utf8')).toBe(script);
    expect((await stat(join(inside, 'hosts/prod1/stdout'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(inside, 'hosts/prod1'))).mode & 0o777).toBe(0o700);
  });

  test('is verified, and says what became of each host', async () => {
    expect(await verifyArchive(sealed.file, trust)).toMatchObject({
      ...{ ok: true, signature: 'ours', fingerprint: sealed.fingerprint, flaws: [] },
      told: { run: sealed.run, state: 'interrupted', counts: { hosts: 5, ok: 1, failed: 2, unfinished: 2 } },
    });
    const manifest = sealed.manifest as Manifest;
    expect(manifest.hosts.map(({ outcome }) => outcome.is)).toEqual([
      ...['ok', 'failed', 'unreachable', 'unknown', 'not-run'],
    ]);
    expect(manifest.arguments).toEqual(['SOC_PRODUCTION', '"><img src=x>']);
    expect((await stat(sealed.file)).mode & 0o777).toBe(0o600);
  });

  test('is the same for the same run', async () => {
    const again = await archiveRun({ state, run: sealed.run, site, out: join(state, 'again.tar.gz') });
    expect(again.sha256).toBe(sealed.sha256);
  });

  test('has its summary in both languages, without anything of a host’s that a browser would obey', async () => {
    const entries = await entriesOf(await whole());
    const page = (name: string) =>
      entries.find((each) => each.name.endsWith(`/${name}`))?.content?.toString() ?? '';
    expect(page('index.html')).toContain('<html lang="fr">');
    expect(page('index.en.html')).toContain('<a class="language" href="index.html" hreflang="fr"');
    for (const name of ['index.html', 'index.en.html']) {
      expect(page(name)).not.toMatch(/<script|<img|<b>|\p{Cf}|src=(?!x&gt;)|https?:/u);
      expect(page(name)).not.toContain('\u001b');
      expect(page(name)).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
      expect(page(name)).toContain("default-src 'none'");
    }
  });

  test('has nothing of what a script read', async () => {
    const at = await mkdtemp(join(state, 'secret-'));
    const stdin = { file: '/root/secret', sha256: 'f00dcafe' };
    const run = await madeRun(at, { a: { outcome: { is: 'ok' } } }, { stdin });
    const { file: made } = await archiveRun({ state: at, run, site });
    const text = gunzipSync(await readFile(made)).toString('latin1');
    expect(text).not.toContain('f00dcafe');
    expect(text).toContain('"stdin": true');
  });

  test('is not made of a run that is not there, nor where nothing can be written', async () => {
    await expect(archiveRun({ state, run: 'x', site })).rejects.toMatchObject({ code: 'run.unknown' });
    const out = join(state, 'nowhere', 'a.tar.gz');
    await expect(archiveRun({ state, run: sealed.run, site, out })).rejects.toMatchObject({
      code: 'archive.unwritten',
    });
    await expect(archiveRun({ state, run: sealed.run, site, out: '/dev/full/' })).rejects.toMatchObject({
      code: 'archive.unwritten',
    });
  });

  test('takes names and links as they are: a link that somebody left in a run leads nowhere', async () => {
    const at = await mkdtemp(join(state, 'link-'));
    const run = await madeRun(at, { a: { outcome: { is: 'ok' } } });
    await symlink('/etc/shadow', join(runsFolder(at), run, 'hosts', 'a', 'files'));
    const { manifest } = await archiveRun({ state: at, run, site });
    expect(manifest.files.map(({ path }) => path)).not.toContain('hosts/a/files');
  });
});

describe('whose it is', () => {
  test('a key that nobody named is not trusted, however good its signature', async () => {
    expect(await verifyArchive(sealed.file, { most: 1e9 })).toMatchObject({
      ok: false,
      signature: 'unknown',
      flaws: [],
    });
  });

  test('the one that was named is, and then no other', async () => {
    const { public: key, fingerprint } = await openSealingKey(state);
    const other = await openSealingKey(join(state, 'other'));
    const by = (named: Trust['named']) =>
      verifyArchive(sealed.file, { ...trust, ...(named ? { named } : {}) });
    expect(await by({ key })).toMatchObject({ ok: true, signature: 'named' });
    expect(await by({ fingerprint })).toMatchObject({ ok: true, signature: 'named' });
    expect(await by({ key: other.public })).toMatchObject({ ok: false, signature: 'unknown' });
    expect(await by({ fingerprint: other.fingerprint })).toMatchObject({ ok: false, signature: 'unknown' });
  });

  test('the key stays, for its owner alone, and is read from the line that OpenSSH writes', async () => {
    const key = await openSealingKey(state);
    expect(key.fingerprint).toBe(sealed.fingerprint);
    expect((await stat(join(state, 'keys', 'runs.key'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(state, 'keys'))).mode & 0o777).toBe(0o700);
    const line = await readFile(join(state, 'keys', 'runs.pub'), 'utf8');
    expect(fingerprintOf(publicKeyIn(line) as Buffer)).toBe(key.fingerprint);
    const shown = execFileSync('ssh-keygen', ['-l', '-f', join(state, 'keys', 'runs.pub')], {
      encoding: 'utf8',
    });
    expect(shown).toContain(key.fingerprint);
  });

  test('two processes that make it first make one', async () => {
    const at = await mkdtemp(join(state, 'race-'));
    const keys = await Promise.all([1, 2, 3].map(() => openSealingKey(at)));
    expect(new Set(keys.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  });

  test('signatures of OpenSSH itself are read, and those for something else refused', async () => {
    const key = join(state, 'id');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
    const input = 'text';
    const sign = (space: string) =>
      execFileSync('ssh-keygen', ['-Y', 'sign', '-f', key, '-n', space], {
        ...{ input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] },
      });
    const expected = publicKeyIn(await readFile(`${key}.pub`, 'utf8'));
    expect(signerOf(sign('poterne-run'), Buffer.from(input))).toEqual(expected);
    expect(signerOf(sign('file'), Buffer.from(input))).toBeUndefined();
    expect(signerOf(sign('poterne-run'), Buffer.from('other'))).toBeUndefined();
  });

  test('no bytes make reading a signature throw', async () => {
    const { secret } = await openSealingKey(state);
    const good = signatureOf(secret, Buffer.from('x'));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.string({ unit: 'binary' }), (at, put) => {
        const altered = good.slice(0, at) + put + good.slice(at + 1);
        const key = signerOf(altered, Buffer.from('x'));
        expect(
          key === undefined || altered.replace(/\s/g, '') === good.replace(/\s/g, '') || put === '',
        ).toBe(true);
      }),
    );
  });
});

describe('tampering', () => {
  const altered = async (change: (entries: RawEntry[]) => RawEntry[]) =>
    verified(await tarOf(change(await entriesOf(await whole()))));
  const at = (path: string) => `poterne-run-${sealed.run}/${path}`;

  test('an archive that was packed again, as it was, holds', async () => {
    expect(await altered((entries) => entries)).toMatchObject({ ok: true });
  });

  test('each file that was changed, removed or added is named', async () => {
    const found = await altered((entries) => [
      ...entries
        .filter(({ name }) => name !== at('hosts/prod1/stdout'))
        .map((entry) =>
          entry.name === at('hosts/prod2/result.json') ? { ...entry, content: Buffer.from('{}') } : entry,
        ),
      { name: at('hosts/prod9/stdout'), content: Buffer.from('forged') },
      { name: at('hosts/empty/'), type: 'directory' },
    ]);
    expect(found).toMatchObject({ ok: false, signature: 'ours' });
    expect([...found.flaws].sort((a, b) => a.path.localeCompare(b.path))).toEqual([
      { path: 'hosts/empty', is: 'additional' },
      { path: 'hosts/prod1/stdout', is: 'missing' },
      { path: 'hosts/prod2/result.json', is: 'changed' },
      { path: 'hosts/prod9/stdout', is: 'additional' },
    ]);
  });

  test('a list made to fit is not signed', async () => {
    const found = await altered((entries) =>
      entries.map((entry) => {
        if (entry.name !== at('SHA256SUMS')) return entry;
        return { ...entry, content: Buffer.from(`${entry.content}${'0'.repeat(64)}  more\n`) };
      }),
    );
    expect(found).toMatchObject({ ok: false, signature: 'none', flaws: [{ path: 'more', is: 'missing' }] });
  });

  test('a manifest that was changed tells nothing', async () => {
    const found = await altered((entries) =>
      entries.map((entry) =>
        entry.name === at('manifest.json') ? { ...entry, content: Buffer.from('{}') } : entry,
      ),
    );
    expect(found).toMatchObject({ ok: false, flaws: [{ path: 'manifest.json', is: 'changed' }] });
    expect(found.told).toBeUndefined();
  });

  test('no bit of it can be turned', async () => {
    const bytes = gunzipSync(await whole());
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
        const turned = Buffer.from(bytes);
        turned[bit >> 3] = (turned[bit >> 3] as number) ^ (1 << (bit & 7));
        const found = await verified(gzipSync(turned)).catch((fault) => fault);
        // What no one reads: who owned a file and when, and what fills a block.
        if (found.ok) expect(await namesAndContents(turned)).toEqual(await namesAndContents(bytes));
      }),
      { numRuns: 300 },
    );
  });

  const namesAndContents = async (bytes: Buffer) =>
    (await entriesOf(gzipSync(bytes))).map(({ name, content }) => [name, content?.toString('latin1')]);
});

describe('archives that are made to do harm', () => {
  const first = async () => (await entriesOf(await whole())).filter(({ name }) => /SUMS|manifest/.test(name));
  const top = () => `poterne-run-${sealed.run}`;
  const file_ = Buffer.from('x');
  const cases: readonly (readonly [string, () => RawEntry, string])[] = [
    [
      'a path that leads out',
      () => ({ name: `${top()}/../../etc/cron.d/x`, content: file_ }),
      'archive.name',
    ],
    ['an absolute path', () => ({ name: '/etc/cron.d/x', content: file_ }), 'archive.name'],
    ['a name that drives a terminal', () => ({ name: `${top()}/\u001b[2J`, content: file_ }), 'archive.name'],
    [
      'a symbolic link',
      () => ({ name: `${top()}/a`, type: 'symlink', linkname: '/etc/shadow' }),
      'archive.kind',
    ],
    ['a hard link', () => ({ name: `${top()}/a`, type: 'link', linkname: '/etc/shadow' }), 'archive.kind'],
    ['a device', () => ({ name: `${top()}/a`, type: 'block-device', devmajor: 8 }), 'archive.kind'],
    ['a pipe', () => ({ name: `${top()}/a`, type: 'fifo' }), 'archive.kind'],
    ['another folder beside', () => ({ name: 'poterne-run-other/a', content: file_ }), 'archive.form'],
    ['a file twice', () => ({ name: `${top()}/SHA256SUMS`, content: file_ }), 'archive.twice'],
    [
      'an attribute of pax',
      () => ({ name: `${top()}/a`, pax: { size: '9' }, content: file_ }),
      'archive.form',
    ],
  ];

  test.each(cases)('%s', async (_, entry, code) => {
    const bytes = await tarOf([...(await first()), entry()]);
    await expect(verified(bytes)).rejects.toMatchObject({ code, next: { code: `${code}.next` } });
  });

  test('one that is cut anywhere, or damaged', async () => {
    const bytes = await whole();
    for (const share of [0, 0.01, 0.5, 0.9, 0.999]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share));
      await expect(verified(cut), String(share)).rejects.toMatchObject({ code: 'archive.torn' });
    }
    const tar = gunzipSync(bytes);
    await expect(verified(gzipSync(tar.subarray(0, tar.length - 1024)))).rejects.toMatchObject({
      code: 'archive.torn',
    });
    await expect(verified(Buffer.from('not gzip at all'))).rejects.toMatchObject({ code: 'archive.torn' });
    await expect(verified(gzipSync('not tar'.repeat(200)))).rejects.toMatchObject({ code: 'archive.form' });
    await expect(verified(gzipSync(Buffer.concat([tar, tar])))).rejects.toMatchObject({
      code: 'archive.form',
    });
  });

  test('no file, and a folder', async () => {
    await expect(verifyArchive(join(state, 'none'), trust)).rejects.toMatchObject({
      code: 'archive.unreadable',
    });
    await expect(verifyArchive(state, trust)).rejects.toMatchObject({ code: 'archive.unreadable' });
  });

  test('a bomb is left once it is larger than it should be, in little memory', async () => {
    const zeros = Buffer.alloc(64 * 2 ** 20);
    const bomb = Array.from({ length: 2 }, (_, n) => ({ name: `${top()}/zeros${n}`, content: zeros }));
    const bytes = await tarOf([...(await first()), ...bomb]);
    expect(bytes.length).toBeLessThan(200_000);
    await expect(verified(bytes)).rejects.toMatchObject({ code: 'archive.large' });
    await expect(verified(bytes, { most: 1e6 })).rejects.toMatchObject({ code: 'archive.large' });
    const list = gunzipSync(await tarOf([{ name: `${top()}/SHA256SUMS`, content: file_ }]));
    list.write('00700000000', 124);
    list.write('        ', 148);
    const sum = list.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    list.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    await expect(verified(gzipSync(list))).rejects.toMatchObject({ code: 'archive.form' });
  });
});

test('lists of digests are read as they were written, and as sha256sum writes them', async () => {
  const name = fc.string({ minLength: 1, unit: 'binary' }).filter((text) => !/[\0]/.test(text));
  fc.assert(
    fc.property(fc.uniqueArray(name), (paths) => {
      fc.pre(paths.length > 0);
      const files = paths.map((path, n) => ({ path, sha256: String(n % 10).repeat(64) }));
      expect([...(readSums(writeSums(files)) ?? [])]).toEqual(
        files.map(({ path, sha256 }) => [path, sha256]),
      );
    }),
  );
  const odd = 'back\\slash\nline';
  await writeFile(join(state, odd), 'x');
  const written = execFileSync('sha256sum', [odd], { cwd: state, encoding: 'utf8' });
  expect(writeSums([{ path: odd, sha256: [...(readSums(written)?.values() ?? [])][0] ?? '' }])).toBe(written);
  expect(readSums(`${'0'.repeat(64)}  a\n${'1'.repeat(64)}  a\n`)).toBeUndefined();
});
