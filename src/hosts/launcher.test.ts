import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { launch, ownChild, type Program } from './launcher.ts';

const sh = (script: string, ...words: string[]) => launch(['/bin/sh', '-c', script, 'sh', ...words]);

/** What a program says and how it ends, when it is given this. */
async function told(program: Program, input = '') {
  program.stdin.end(input);
  const [out, err, status] = await Promise.all([text(program.stdout), text(program.stderr), program.ended]);
  return { out, err, status };
}

test('programs get their words, their input, and streams of their own', async () => {
  const words = ['', 'two words', 'a\nline', "it's é"];
  const script = 'cat; printf "%s|" "$@"; echo trouble >&2; exit 3';
  const all = Array.from({ length: 40 }, async (_, n) =>
    told(await sh(script, ...words, `${n}`), `in ${n};`),
  );
  for (const [n, outcome] of (await Promise.all(all)).entries())
    expect(outcome).toEqual({ out: `in ${n};${words.join('|')}|${n}|`, err: 'trouble\n', status: 3 });
});

test('whatever one does with its streams is nothing to the others', async () => {
  const long = await sh('head -c 3000000 /dev/zero; cat');
  const digest = createHash('sha256');
  const open = 'ls /proc/self/fd';
  // Nothing but what a child of ours has.
  expect(await told(await sh(open))).toEqual(await told(ownChild(['/bin/sh', '-c', open])));
  long.stdin.end('end');
  let length = 0;
  for await (const bytes of long.stdout) {
    length += (bytes as Buffer).length;
    digest.update(bytes as Buffer);
  }
  expect(length).toBe(3_000_003);
  expect(await long.ended).toBe(0);
});

test('one that cannot be started, that is killed, that nobody reads', async () => {
  const missing = await told(await launch(['/nowhere/program']));
  expect(missing).toMatchObject({
    out: '',
    err: '/nowhere/program: No such file or directory\n',
    status: undefined,
  });
  const sleeping = await sh('exec sleep 1000');
  sleeping.kill('SIGKILL');
  expect(await sleeping.ended).toBeUndefined();
  // It has ended: whoever has its number now is somebody else.
  sleeping.kill();
  const unread = await sh('head -c 100000 /dev/zero; exit 4');
  expect(await unread.ended).toBe(4);
});

test('a launcher that somebody ended: what runs can be given up, and the next is started by another', async () => {
  const running = await sh('exec sleep 1000');
  const children = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
  const launchers: number[] = [];
  for (const pid of children.split(' ').filter(Boolean))
    if ((await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('perl\0-\0')) launchers.push(Number(pid));
  expect(launchers.length).toBeGreaterThan(0);
  const sleeping = execFileSync(
    'cat',
    launchers.map((pid) => `/proc/${pid}/task/${pid}/children`),
    {
      encoding: 'utf8',
    },
  );
  for (const pid of launchers) process.kill(pid, 'SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 100));
  running.kill();
  expect(await running.ended).toBeUndefined();
  expect(await told(await sh('echo again'))).toMatchObject({ out: 'again\n', status: 0 });
  for (const pid of sleeping.split(' ').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
});

test('a child of our own ends as one does that was launched', async () => {
  expect(await told(ownChild(['/bin/sh', '-c', 'cat; exit 5']), 'in')).toEqual({
    out: 'in',
    err: '',
    status: 5,
  });
  expect(await ownChild(['/nowhere/program']).ended).toBeUndefined();
});
