import { execFileSync, spawn } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { installation } from '../hosts/installation.ts';
import { recordOf } from './entry.ts';
import { auditFolder, openKey } from './files.ts';
import { openAudit } from './log.ts';
import { searchAudit } from './search.ts';
import { verifyAudit } from './verify.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'poterne-audit-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

const entry = {
  who: 'alice',
  what: 'session.begin',
  to: 'prod1/debian',
  from: '192.0.2.7',
  result: 'done',
} as const;
const log = () => join(auditFolder(state), '000000000001.jsonl');
const linesOf = async () => (await readFile(log(), 'utf8')).split('\n').slice(0, -1);
const write = (lines: readonly string[]) => writeFile(log(), lines.map((line) => `${line}\n`).join(''));
const breaks = async (kept?: string) => (await verifyAudit(state, kept)).breaks;

async function filled(count: number): Promise<string[]> {
  const audit = await openAudit(state);
  await Promise.all(Array.from({ length: count }, (_, n) => audit.append({ ...entry, detail: { n } })));
  return linesOf();
}

describe('what is written', () => {
  test('is chained, on the disk, for its owner alone, and verifies', async () => {
    const audit = await openAudit(state, () => new Date('2026-11-25T10:00:00Z'));
    const first = await audit.append(entry);
    const second = await audit.append({ ...entry, result: 'refused' });
    expect([first.seq, second.seq, second.previous]).toEqual([1, 2, first.hash]);
    expect(first.at).toBe('2026-11-25T10:00:00.000Z');
    expect(await verifyAudit(state)).toEqual({ records: 2, breaks: [] });
    for (const name of [log(), join(auditFolder(state), 'key.pem'), join(auditFolder(state), 'head.json')])
      expect((await stat(name)).mode & 0o777).toBe(0o600);
    expect((await stat(auditFolder(state))).mode & 0o777).toBe(0o700);
  });

  test('goes on after a restart, and after a crash in the middle of a line', async () => {
    await filled(3);
    await appendFile(log(), '{"seq":4,"at":"2026');
    const audit = await openAudit(state);
    expect((await audit.append(entry)).seq).toBe(4);
    expect(await verifyAudit(state)).toEqual({ records: 4, breaks: [] });
  });

  test('goes on after a crash between the log and its head', async () => {
    await filled(3);
    const head = join(auditFolder(state), 'head.json');
    const old = await readFile(head);
    await filled(1);
    await writeFile(head, old);
    expect(await breaks()).toEqual([]);
    await filled(1);
    expect(await verifyAudit(state)).toEqual({ records: 5, breaks: [] });
  });

  test('holds any text, one line each, and cuts what would fill the disk', async () => {
    const audit = await openAudit(state);
    const texts = fc.string({ unit: 'binary', maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(texts, texts, async (who, to) => {
        await audit.append({ ...entry, who, to: `${to}\u2028\n\r\0\ud800` });
      }),
      { numRuns: 40 },
    );
    await audit.append({ ...entry, detail: { command: 'x'.repeat(1_000_000) } });
    expect(await verifyAudit(state)).toEqual({ records: 41, breaks: [] });
    expect((await stat(log())).size).toBeLessThan(100_000);
  });

  test('several processes write one chain', async () => {
    await openAudit(state);
    const program = `
      import { openAudit } from ${JSON.stringify(join(installation, 'src/audit/log.ts'))};
      const audit = await openAudit(${JSON.stringify(state)});
      for (let n = 0; n < 20; n++) await audit.append({ who: String(process.pid), what: 'test', result: 'done' });`;
    const loader = join(installation, 'node_modules', 'tsx', 'dist', 'loader.mjs');
    const ends = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise((done) => {
            const child = spawn(process.execPath, ['--import', loader, '--input-type=module', '-e', program]);
            child.stderr.on('data', (said) => process.stderr.write(said));
            child.on('close', done);
          }),
      ),
    );
    expect(ends).toEqual([0, 0, 0]);
    expect(await verifyAudit(state)).toEqual({ records: 60, breaks: [] });
  }, 180_000);

  test('a new file goes on with the chain', async () => {
    await filled(2);
    const big = await openAudit(state);
    const detail = Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`k${n}`, 'y'.repeat(2000)]));
    for (let n = 0; n < 22; n++) await big.append({ ...entry, detail });
    await big.append(entry);
    const files = (await readdir(auditFolder(state))).filter((name) => name.endsWith('.jsonl')).sort();
    expect(files.length).toBe(2);
    expect(await verifyAudit(state)).toEqual({ records: 25, breaks: [] });
    await rm(join(auditFolder(state), files[0] as string));
    expect((await breaks())[0]).toMatchObject({ kind: 'removed', file: files[1], line: 1, first: 1 });
  });

  test('a log that cannot be written refuses, and says why', async () => {
    await filled(1);
    execFileSync('rm', ['-r', auditFolder(state)]);
    await writeFile(auditFolder(state), '');
    await expect(openAudit(state)).rejects.toMatchObject({ code: 'audit.unwritable' });
  });
});

describe('tampering is found, and where', () => {
  test.each([
    [
      'a word altered',
      (l: string[]) => l.with(4, (l[4] as string).replace('alice', 'mallory')),
      { kind: 'altered', line: 5, first: 5 },
    ],
    [
      'a space added',
      (l: string[]) => l.with(4, (l[4] as string).replace(':', ': ')),
      { kind: 'altered', line: 5, first: 5 },
    ],
    [
      'the last one altered',
      (l: string[]) => l.with(9, (l[9] as string).replace('alice', 'mallory')),
      { kind: 'altered', line: 10, first: 10 },
    ],
    ['one removed', (l: string[]) => l.toSpliced(4, 1), { kind: 'removed', line: 5, first: 5, last: 5 }],
    ['the first ones removed', (l: string[]) => l.slice(3), { kind: 'removed', line: 1, first: 1, last: 3 }],
    ['several removed', (l: string[]) => l.toSpliced(4, 3), { kind: 'removed', line: 5, first: 5, last: 7 }],
    ['the end removed', (l: string[]) => l.slice(0, 7), { kind: 'truncated', first: 8, last: 10 }],
    [
      'one copied',
      (l: string[]) => l.toSpliced(6, 0, l[2] as string),
      { kind: 'inserted', line: 7, first: 3 },
    ],
    [
      'one inserted',
      (l: string[]) => l.toSpliced(6, 0, (l[6] as string).replace('alice', 'bob')),
      { kind: 'inserted', line: 7 },
    ],
    ['something appended', (l: string[]) => [...l, '{"seq":11}'], { kind: 'altered', line: 11, first: 11 }],
    [
      'one moved back',
      (l: string[]) => l.toSpliced(7, 1).toSpliced(2, 0, l[7] as string),
      { kind: 'moved', line: 4, first: 3 },
    ],
  ])('%s', async (_, tamper, wanted) => {
    const lines = await filled(10);
    await write(tamper(lines));
    expect(await breaks()).toContainEqual(expect.objectContaining(wanted));
  });

  test('whatever is done to the lines of a log, something is found', async () => {
    const lines = await filled(8);
    const n = fc.nat(7);
    const tampering = fc.oneof(
      n.map((at) => lines.toSpliced(at, 1)),
      n.map((at) => lines.slice(0, at)),
      fc
        .tuple(n, n)
        .filter(([a, b]) => a !== b)
        .map(([a, b]) => lines.with(a, lines[b] as string).with(b, lines[a] as string)),
      fc.tuple(n, n).map(([a, b]) => lines.toSpliced(a, 0, lines[b] as string)),
      fc.tuple(n, fc.nat(200), fc.integer({ min: 33, max: 126 })).chain(([at, where, code]) => {
        const line = lines[at] as string;
        const altered = line.slice(0, where) + String.fromCharCode(code) + line.slice(where + 1);
        return altered === line ? fc.constant(lines.slice(1)) : fc.constant(lines.with(at, altered));
      }),
    );
    await fc.assert(
      fc.asyncProperty(tampering, async (changed) => {
        await write(changed);
        expect((await breaks()).length).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });

  test('a truncated log stays broken once it goes on', async () => {
    await write((await filled(6)).slice(0, 4));
    await filled(2);
    expect(await breaks()).toContainEqual(expect.objectContaining({ kind: 'removed', first: 5, last: 6 }));
  });

  test('a head that is gone, forged, or another log’s is found', async () => {
    await filled(2);
    const head = join(auditFolder(state), 'head.json');
    const text = await readFile(head, 'utf8');
    await writeFile(head, text.replace('"seq":2', '"seq":1'));
    expect(await breaks()).toEqual([{ kind: 'head' }]);
    await rm(head);
    expect(await breaks()).toEqual([{ kind: 'head' }]);
  });

  test('who has the key and writes the log anew is found by a head that was kept elsewhere', async () => {
    await filled(3);
    const kept = await readFile(join(auditFolder(state), 'head.json'), 'utf8');
    await rm(log());
    await rm(join(auditFolder(state), 'head.json'));
    await filled(3);
    expect(await breaks()).toEqual([]);
    expect(await breaks(kept)).toEqual([{ kind: 'altered', first: 3 }]);
  });

  test('who has the key and signs one record anew breaks the chain', async () => {
    const lines = await filled(4);
    const [first, second] = lines.slice(0, 2).map((line) => JSON.parse(line));
    const key = await openKey(auditFolder(state));
    const forged = recordOf({ ...entry, who: 'bob' }, second.at, first, key);
    await write(lines.with(1, JSON.stringify(forged)));
    expect(await breaks()).toContainEqual(expect.objectContaining({ kind: 'altered', first: 2 }));
  });
});

test('a search finds what is asked for', async () => {
  const audit = await openAudit(state);
  await audit.append(entry);
  await audit.append({ ...entry, who: 'bob', result: 'refused' });
  await audit.append({ ...entry, what: 'sessions', to: 'prod10' });
  const found = async (query: Parameters<typeof searchAudit>[1]) => {
    const found: number[] = [];
    for await (const { seq } of searchAudit(state, query)) found.push(seq);
    return found;
  };
  expect(await found({ who: 'bob' })).toEqual([2]);
  expect(await found({ what: 'session' })).toEqual([1, 2]);
  expect(await found({ to: 'prod1' })).toEqual([1, 2]);
  expect(await found({ to: 'prod1/debian', result: 'done' })).toEqual([1]);
  expect(await found({ since: '2999' })).toEqual([]);
  expect(await found({ until: '2999' })).toEqual([1, 2, 3]);
  expect(await found({ until: '2001' })).toEqual([]);
  expect(await found({ from: '192.0.2.7' })).toEqual([1, 2, 3]);
  expect(await found({ from: '192.0.2.0/24', who: 'bob' })).toEqual([2]);
  expect(await found({ from: '192.0.3.0/24' })).toEqual([]);
});
