import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { contextOf } from './context.ts';
import { type Progress, progressLines } from './live.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a terminal shows of what was written to it, as far as it is used here; each screen at the end of a drawing. */
function screensOf(written: string): readonly string[] {
  const rows = [''];
  const screens: string[] = [];
  let [row, column] = [0, 0];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what steers a terminal
  for (const [token] of written.matchAll(/\x1b\[[?0-9;]*[a-zA-Z]|[^\x1b]/gu)) {
    const line = rows[row] ?? '';
    if (token === '\r') column = 0;
    else if (token === '\n') {
      row++;
      rows[row] ??= '';
    } else if (token.endsWith('A') && token.length > 1) row -= Number(token.slice(2, -1));
    else if (token === '\x1b[K') rows[row] = line.slice(0, column);
    else if (token === '\x1b[J') {
      rows.length = row + 1;
      rows[row] = line.slice(0, column);
    } else if (token === '\x1b[?2026l') screens.push(rows.join('\n'));
    else if (token.length === 1) {
      rows[row] = line.slice(0, column).padEnd(column) + token + line.slice(column + 1);
      column++;
    }
  }
  return screens;
}

/** Runs a program of ours on a terminal of 60 columns and 12 rows, both its outputs. */
async function onTerminal(program: string): Promise<string> {
  const node = `node --import ./node_modules/tsx/dist/loader.mjs --input-type=module --eval "$PROGRAM"`;
  const { stdout } = await promisify(execFile)(
    'script',
    ['--quiet', '--return', '--command', `stty cols 60 rows 12; ${node}`, '/dev/null'],
    {
      cwd: root,
      env: { ...process.env, PROGRAM: program, TERM: 'xterm', POTERNE_LANG: 'en', NO_COLOR: '1' },
    },
  );
  return stdout;
}

const imports = `
  import { contextOf } from './src/cli/context.ts';
  import { liveView, progressLines } from './src/cli/live.ts';
  const running = new Map();
  const progress = { done: 0, failed: 0, running, of: 20, since: performance.now() };
  const context = contextOf(process.env);
  const live = liveView(context, (size) => progressLines(context, progress, size));
  const pause = () => new Promise((resolve) => setTimeout(resolve, 150));
`;

test('on a terminal, what runs stays below what goes by, and nothing of it is left', async () => {
  const written = await onTerminal(`${imports}
    for (let n = 1; n <= 9; n++) running.set('host' + n, { state: 'connecting', since: performance.now() });
    await pause();
    running.get('host1').state = 'running';
    live.context.out('a line on standard output, and the next one\\nof the same text');
    live.context.err('one on standard error');
    await pause();
    for (let n = 2; n <= 9; n++) running.delete('host' + n);
    progress.done = 8;
    await pause();
    live.context.out('x'.repeat(150));
    live.end();
    console.log('after');
  `);
  const screens = screensOf(written);
  const last = (text: string) => screens.findLast((screen) => screen.includes(text)) ?? '';
  // Half of the rows at most.
  expect(last('… and 5 more')).toMatch(
    /host4 │ connecting · 0 s\n… and 5 more\n0 of 20 done, 0 failed, 9 running · 0 s/,
  );
  expect(screens.every((screen) => (screen.match(/ │ /g) ?? []).length <= 5)).toBe(true);
  const said = 'a line on standard output, and the next one\nof the same text\none on standard error\n';
  expect(screens.find((screen) => screen.includes('host1 │ running'))).toMatch(
    new RegExp(`^${said}host1 │ running`),
  );
  expect(last('8 of 20')).toMatch(
    new RegExp(`^${said}host1 │ running · 0 s\n8 of 20 done, 0 failed, 1 running[^\n]*$`),
  );
  expect(screens.at(-1)).toBe(`${said}${'x'.repeat(150)}\n`);
  expect(written).toMatch(/after\r\n$/);
}, 180_000);

test('elsewhere there are only the lines', async () => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [
      ...['--import', './node_modules/tsx/dist/loader.mjs', '--input-type=module', '--eval'],
      `${imports} live.context.out('out'); live.context.err('err'); await pause(); live.end();`,
    ],
    { cwd: root },
  );
  expect([stdout, stderr]).toEqual(['out\n', 'err\n']);
}, 180_000);

test('a line is no wider than the terminal, and there is always one', () => {
  const context = { ...contextOf({ POTERNE_LANG: 'fr' }), colour: false };
  const running: Progress['running'] = new Map();
  for (let n = 0; n < 50; n++) running.set(`host${n}`.repeat(9), { state: 'waiting', since: 0 });
  const progress: Progress = { done: 0, failed: 0, running, of: 50, since: 0 };
  for (const [columns, rows] of [
    [40, 24],
    [10, 1],
    [200, 3],
  ] as const) {
    const lines = progressLines(context, progress, { columns, rows });
    expect(lines.length).toBeLessThanOrEqual(Math.max(2, rows / 2));
    for (const line of lines) expect(line.length).toBeLessThan(Math.max(11, columns));
  }
  expect(progressLines(context, { ...progress, running: new Map() }, { columns: 80, rows: 24 })).toHaveLength(
    1,
  );
});
