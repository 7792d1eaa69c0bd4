import { execFileSync, spawnSync } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { batchesOf, isBatch, shareOf } from '../lib/batches.ts';
import { isFailed, isUnfinished, type RunSpec } from '../model/run.ts';
import { gather } from './collect.ts';
import { newRun, openJournal, readRun } from './journal.ts';
import { linesTo } from './output.ts';
import { pathBelow, textOf } from './paths.ts';
import { readerOf } from './reader.ts';
import { parametersOf, runScript } from './script.ts';

const spec: RunSpec = {
  ...{ script: 'x.sh', sha256: 'f00', on: 'all', as: 'deploy', login: false, args: [], collect: [] },
  ...{ collectMost: 1000, limit: 60, retries: 0, batches: [], stopAt: 1 },
};

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'poterne-runs-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

describe('batches', () => {
  test('a canary, a share of all, the rest', () => {
    const hosts = Array.from({ length: 25 }, (_, n) => n);
    expect(batchesOf(hosts, ['1', '10%']).map((batch) => batch.length)).toEqual([1, 3, 21]);
    expect(batchesOf(hosts, ['1', '10%', 'rest']).map((batch) => batch.length)).toEqual([1, 3, 21]);
    expect(batchesOf(hosts, []).map((batch) => batch.length)).toEqual([25]);
    expect(batchesOf([1], ['5', '10%'])).toEqual([[1]]);
  });

  test('hold every host once, in order', () => {
    const size = fc.oneof(
      fc.integer({ min: 1, max: 20 }).map(String),
      fc.integer({ min: 0, max: 100 }).map((n) => `${n}%`),
    );
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.array(size), (hosts, sizes) => {
        const batches = batchesOf(hosts, sizes);
        expect(batches.flat()).toEqual(hosts);
        expect(batches.every((batch) => batch.length > 0)).toBe(true);
      }),
    );
  });

  test('sizes that are none', () => {
    expect(['1', '10%', '100%', 'rest'].every(isBatch)).toBe(true);
    expect(['0', '-1', '101%', '', 'ten', '1.5'].some(isBatch)).toBe(false);
    expect(shareOf('20 %')).toBe(0.2);
  });
});

test('parameters are what was meant, to a real perl', () => {
  const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
  // Ends before anything is done with them.
  const program = runScript.text.replace(
    /^main\(\);$/m,
    'parameters() or die; print map({ "$_\\0" } @{ $given{arguments} }), one("name"); exit;',
  );
  const said = (given: RunSpec) =>
    execFileSync('perl', ['-'], {
      input: program + parametersOf(given, 'token', { script: 1, stdin: 0 }),
      encoding: 'utf8',
    });
  fc.assert(
    fc.property(fc.array(word), (args) => {
      expect(said({ ...spec, args })).toBe(`${args.map((each) => `${each}\0`).join('')}x.sh`);
    }),
    { numRuns: 30 },
  );
  expect(said({ ...spec, script: '../-rf' })).toBe('script');
});

test('what runs on a host does nothing when it is cut short', () => {
  const whole = runScript.text + parametersOf(spec, 'token', { script: 1, stdin: 0 });
  const begin = whole.indexOf('sub main');
  for (let length = begin; length < whole.length; length += 97) {
    const { status, stdout } = spawnSync('perl', ['-'], { input: whole.slice(0, length), encoding: 'utf8' });
    // Or Perl says what is missing.
    expect(stdout).toBe('');
    if (length > whole.indexOf('__END__')) expect(status).toBe(1);
  }
});

describe('the reader', () => {
  /** The same bytes, in pieces of any size. */
  const inPieces = (bytes: Buffer, sizes: readonly number[]) => {
    const pieces: Buffer[] = [];
    for (let at = 0, n = 0; at < bytes.length; n++) {
      const size = sizes[n % sizes.length] ?? 1;
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    return Readable.from(pieces);
  };

  test('finds marks, lines and lengths however the bytes come in', async () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((all) => Buffer.from(all));
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(bytes, bytes, sizes, async (output, file, pieces) => {
        const mark = Buffer.from('aabaabaac');
        const sent = Buffer.concat([output, Buffer.from('aabaab'), mark, Buffer.from('a\tline\n'), file]);
        const reader = readerOf(inPieces(sent, pieces));
        const got: Buffer[] = [];
        expect(await reader.until(mark, (some) => void got.push(Buffer.from(some)))).toBe(true);
        expect(Buffer.concat(got)).toEqual(Buffer.concat([output, Buffer.from('aabaab')]));
        expect(await reader.line()).toBe('a\tline');
        got.length = 0;
        expect(await reader.exactly(file.length, (some) => void got.push(Buffer.from(some)))).toBe(true);
        expect(Buffer.concat(got)).toEqual(file);
        expect(await reader.exactly(1, () => undefined)).toBe(false);
        expect(await reader.line()).toBeUndefined();
      }),
    );
  });

  test('gives what there is, when the mark does not come', async () => {
    const got: Buffer[] = [];
    const reader = readerOf(Readable.from([Buffer.from('half a ma')]));
    expect(await reader.until(Buffer.from('a mark'), (some) => void got.push(some))).toBe(false);
    expect(Buffer.concat(got).toString()).toBe('half a ma');
  });
});

describe('names of files', () => {
  const path = fc
    .array(fc.oneof(fc.constantFrom('..', '.', '', '%', '-rf', 'é', '\u202e'), fc.string({ unit: 'binary' })))
    .map((parts) => Buffer.from(parts.join('/')));
  const any = fc.oneof(
    path,
    fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
  );

  test('never lead out of the folder, and fit on a disk', () => {
    fc.assert(
      fc.property(any, (bytes) => {
        const below = pathBelow(bytes);
        expect(isAbsolute(below)).toBe(false);
        expect(normalize(below)).toBe(below);
        expect(below.split('/').some((part) => part === '..' || part === '.' || part === '')).toBe(false);
        expect(below.split('/').every((part) => Buffer.byteLength(part) <= 255)).toBe(true);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: there is none
        expect(below).not.toMatch(/[\0-\x1f\x7f-\x9f\u202e]/);
      }),
    );
  });

  test('are as they were where that does no harm, and never the same for two', () => {
    expect(pathBelow(Buffer.from('/tmp/fichier_éà 1.log'))).toBe('tmp/fichier_éà 1.log');
    expect(pathBelow(Buffer.from('/a/../..'))).toBe('a/%2E%2E/%2E%2E');
    expect(textOf(Buffer.from('/a\n%\xff', 'latin1'))).toBe('/a%0A%25%FF');
    expect(pathBelow(Buffer.from('%2E%2E'))).toBe('%252E%252E');
    expect(pathBelow(Buffer.from(''))).toBe('%');
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        if (!Buffer.from(a).equals(Buffer.from(b))) expect(textOf(a)).not.toBe(textOf(b));
      }),
    );
  });
});

describe('a host that lies about files', () => {
  const heard = () => ({ files: [], skipped: [] });
  const take = (fields: readonly string[], bytes: string, known = heard()) =>
    gather(readerOf(Readable.from([Buffer.from(bytes)])), fields, {
      ...{ execution: { folder: state }, heard: known, patience: { atMost: () => undefined }, most: 1000 },
    });
  const name = Buffer.from('/../../evil').toString('base64');

  test('gets no further than its folder', async () => {
    const known = heard();
    expect(await take(['file', name, '1'], 'xsent\tsame\n', known)).toBe(true);
    expect(known.files).toMatchObject([{ path: '/../../evil', file: 'files/%2E%2E/%2E%2E/evil', size: 1 }]);
    expect(await readFile(join(state, 'files/%2E%2E/%2E%2E/evil'), 'utf8')).toBe('x');
  });

  test('is not listened to: another length, too many bytes, no number, another word', async () => {
    expect(await take(['file', name, '1'], 'xxsent\tsame\n')).toBe(false);
    expect(await take(['file', name, '1'], 'x')).toBe(false);
    expect(await take(['file', name, '1001'], '')).toBe(false);
    expect(await take(['file', name, '1e2'], '')).toBe(false);
    expect(await take(['other'], '')).toBe(false);
    expect(await take(['file', `${name}other`, '5'], 'x')).toBe(false);
  });
});

describe('lines for a terminal', () => {
  const lines = (...pieces: readonly (string | Buffer)[]) => {
    const got: string[] = [];
    const to = linesTo((text) => got.push(text));
    for (const piece of pieces) to.add(Buffer.from(piece));
    to.end();
    return got;
  };

  test('come whole, whatever they were cut into', () => {
    const é = Buffer.from('é');
    expect(lines('a\nb', 'c\r\n', é.subarray(0, 1), é.subarray(1), '\nend')).toEqual(['a', 'bc', 'é', 'end']);
  });

  test('cannot steer it', () => {
    expect(lines('\x1b[31mred\x1b[0m \x1b]0;title\x07x\u202e\x9b2J\ttab\n')).toEqual(['red x��2J\ttab']);
  });

  test('are cut when they are long, and held no further', () => {
    const got = lines(...Array.from({ length: 100 }, () => 'x'.repeat(1000)), '\nnext\n');
    expect(got).toEqual([`${'x'.repeat(2000)}…`, 'next']);
  });
});

describe('the journal', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const journalled = async () => {
    const { id, folder } = await newRun(state, new Date(at));
    const journal = await openJournal(folder);
    await journal.add({ event: 'run', at, spec, hosts: ['a', 'b', 'c', 'd'] });
    await journal.add({ event: 'begin', at, host: 'a' });
    await journal.add({ event: 'end', at, host: 'a', outcome: { is: 'ok' } });
    await journal.add({ event: 'begin', at, host: 'b' });
    await journal.add({ event: 'end', at, host: 'b', outcome: { is: 'failed', exit: 3 } }, true);
    await journal.add({ event: 'begin', at, host: 'c' }, true);
    await journal.close();
    return { id, folder };
  };

  test('tells what is left and what failed', async () => {
    const { id } = await journalled();
    expect(id).toMatch(/^20260101-000000-[0-9a-f]{4}$/);
    const { spec: kept, hosts, outcomes } = await readRun(state, id);
    expect(kept).toEqual(spec);
    expect(hosts.filter((host) => isUnfinished(outcomes.get(host)))).toEqual(['c', 'd']);
    expect(hosts.filter((host) => isFailed(outcomes.get(host)))).toEqual(['b']);
  });

  test('tells where the script may still be, and that a run was stopped and taken up again', async () => {
    const { id, folder } = await journalled();
    expect(await readRun(state, id)).toMatchObject({ open: new Set(['c']), resumed: [], begun: at });
    const journal = await openJournal(folder);
    await journal.add({ event: 'stop', at, why: 'signal' });
    expect(await readRun(state, id)).toMatchObject({ stopped: 'signal' });
    const later = '2026-01-02T00:00:00.000Z';
    await journal.add({ event: 'resume', at: later });
    await journal.close();
    const again = await readRun(state, id);
    expect(again).toMatchObject({ resumed: [later], last: later });
    expect(again.stopped).toBeUndefined();
  });

  test('bears a line that a crash cut short, and goes on after it', async () => {
    const { id, folder } = await journalled();
    await appendFile(join(folder, 'journal.jsonl'), '{"event":"end","host":"c","outc');
    expect((await readRun(state, id)).outcomes.has('c')).toBe(false);
    const journal = await openJournal(folder);
    await journal.add({ event: 'end', at, host: 'd', outcome: { is: 'ok' } });
    await journal.close();
    expect((await readRun(state, id)).outcomes.get('d')).toEqual({ is: 'ok' });
  });

  test('holds all that crowds into it, and fails whoever it could not be kept for', async () => {
    const { id, folder } = await newRun(state, new Date(at));
    const journal = await openJournal(folder);
    await journal.add({ event: 'run', at, spec, hosts: [] });
    const hosts = Array.from({ length: 300 }, (_, n) => `host${n}`);
    await Promise.all(
      hosts.map((host) => journal.add({ event: 'end', at, host, outcome: { is: 'ok' } }, true)),
    );
    expect([...(await readRun(state, id)).outcomes.keys()].sort()).toEqual([...hosts].sort());
    await journal.close();
    await expect(journal.add({ event: 'begin', at, host: 'x' }, true)).rejects.toThrow();
  });

  test('of a run that there is not', async () => {
    await writeFile(join(state, 'journal.jsonl'), '');
    for (const id of ['20260101-000000-ffff', '..', '../..', '.'])
      await expect(readRun(state, id)).rejects.toMatchObject({ code: 'run.unknown' });
  });
});
