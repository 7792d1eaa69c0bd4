import { createHash } from 'node:crypto';
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

test('a child of our own ends as one does that was launched', async () => {
  expect(await told(ownChild(['/bin/sh', '-c', 'cat; exit 5']), 'in')).toEqual({
    out: 'in',
    err: '',
    status: 5,
  });
  expect(await ownChild(['/nowhere/program']).ended).toBeUndefined();
});
