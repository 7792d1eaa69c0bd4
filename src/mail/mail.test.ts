import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isMailAddress, mailboxOf } from '../lib/mailbox.ts';
import type { Mail } from '../model/mail.ts';
import { readSecret } from '../secrets/read.ts';
import { deliver, retryQueue } from './deliver.ts';
import { checked } from './letter.ts';
import { forget, queueFolder, readQueue } from './queue.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-mail-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('addresses that a letter can go to', () => {
  for (const good of ['equipe@example.fr', 'a.b+c@x-y.example', 'root@localhost', 'élodie@été.fr'])
    expect(isMailAddress(good), good).toBe(true);
  for (const bad of [
    ...[
      '',
      'x',
      '@x',
      'a@',
      'a b@x.fr',
      'a@b@c',
      'a@x.fr, b@x.fr',
      '<a@x.fr>',
      '"a"@x.fr',
      'a@-x.fr',
      'a..b@x.fr',
    ],
    ...['a@x.fr\nBcc: b@x.fr', 'a@x.fr\r\n', 'a(c)@x.fr', `${'a'.repeat(250)}@x.fr`],
  ])
    expect(isMailAddress(bad), bad).toBe(false);
  expect(mailboxOf('Poterne du centre <p@x.fr>')).toEqual({ name: 'Poterne du centre', address: 'p@x.fr' });
  expect(mailboxOf('Poterne <p@x.fr> <q@x.fr>')).toBeUndefined();
});

test('nothing in a letter can add a header to it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (subject, text) => {
      const letter = checked({ to: ['a@x.fr'], subject: `${subject}\r\nBcc: b@x.fr`, text });
      expect(letter.subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      expect(letter.text).not.toMatch(/(?![\n\t])\p{Cc}/u);
    }),
  );
  expect(() => checked({ to: ['a@x.fr\nBcc: b@x.fr'], subject: '', text: '' })).toThrow('mail.address');
  expect(() => checked({ to: [], subject: '', text: '' })).toThrow('mail.address');
});

test('a secret is read from a file of its own, for its owner alone', async () => {
  const file = join(folder, 'secret');
  const secret = () => readSecret({ file, pointer: '/mail/smtp/password' });
  await expect(secret()).rejects.toMatchObject({ code: 'secret.missing', pointer: '/mail/smtp/password' });
  await writeFile(file, 'pass word é\n', { mode: 0o600 });
  expect(await secret()).toBe('pass word é');
  for (const mode of [0o644, 0o660, 0o602]) {
    await chmod(file, mode);
    await expect(secret(), mode.toString(8)).rejects.toMatchObject({ code: 'secret.open' });
  }
  await chmod(file, 0o600);
  for (const content of ['', '\n', 'two\nlines\n', 'a\0b', Buffer.from([0xff]), 'x'.repeat(70_000)]) {
    await writeFile(file, content);
    await expect(secret()).rejects.toMatchObject({ code: 'secret.form' });
  }
  await rm(file);
  await symlink('/dev/zero', file);
  await expect(secret()).rejects.toMatchObject({ code: 'secret.form' });
});

const mailAt = (port: number): Mail => ({
  smtp: { host: '127.0.0.1', port, tls: 'starttls', pointer: '/mail/smtp' },
  ...{ from: { address: 'p@x.fr' }, limit: 1e6, pointer: '/mail' },
});
const letter = { to: ['a@x.fr'], subject: 's', text: 't' };

test('a letter that cannot leave waits on the disk, with its attachment, whatever becomes of the file', async () => {
  const path = join(folder, 'archive.tar.gz');
  await writeFile(path, 'archive', { mode: 0o600 });
  const attachment = { path, name: 'archive.tar.gz', type: 'application/gzip' };
  const delivery = await deliver(folder, mailAt(1), { ...letter, attachment });
  expect(delivery).toMatchObject({ is: 'kept', sent: [], fault: { code: 'mail.unreachable' } });
  await rm(path);
  const [waiting] = await readQueue(folder);
  expect(waiting).toMatchObject({ to: ['a@x.fr'], attempts: 1, passes: true, attachment: 'archive.tar.gz' });
  const place = join(queueFolder(folder), waiting?.id ?? '');
  expect(await readFile(join(place, 'attachment'), 'utf8')).toBe('archive');
  expect((await stat(queueFolder(folder))).mode & 0o777).toBe(0o700);
  expect((await stat(join(place, 'letter.json'))).mode & 0o777).toBe(0o600);
  // Not again by itself at once.
  expect(await retryQueue(folder, mailAt(1))).toEqual([]);
  expect(await retryQueue(folder, mailAt(1), { pause: 0 })).toHaveLength(1);
  expect(await readQueue(folder)).toMatchObject([{ attempts: 2 }]);
  expect(await forget(folder, waiting?.id ?? '')).toBe(true);
  expect(await forget(folder, '../../etc')).toBe(false);
  expect(await readdir(queueFolder(folder))).toEqual([]);
});

test('a server that offers no TLS gets nothing, not even who writes', async () => {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.write('220 mx\r\n');
    socket.on('data', (bytes) => {
      heard.push(bytes.toString());
      socket.write(bytes.toString().startsWith('EHLO') ? '250-mx\r\n250 SIZE 1000\r\n' : '502 no\r\n');
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const secret = join(folder, 'secret');
    await writeFile(secret, 'hunter2', { mode: 0o600 });
    const { smtp, ...mail } = mailAt((server.address() as AddressInfo).port);
    const login = { user: 'u', password: { file: secret, pointer: '' } };
    const delivery = await deliver(folder, { ...mail, smtp: { ...smtp, login } }, letter);
    expect(delivery).toMatchObject({ is: 'kept', letter: { passes: false }, fault: { code: 'mail.tls' } });
    expect(heard.join('')).not.toMatch(/AUTH|MAIL|hunter2|aHVudGVyMg/);
  } finally {
    server.close();
  }
});
