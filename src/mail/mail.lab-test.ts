import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { down, type Lab, up } from '../../lab/lab.ts';
import { program } from '../lib/testing-program.ts';
import { mailbox, opened, postfixHost, startPostfix } from './testing-postfix.ts';

/**
 * Letters through a real Postfix: submission with STARTTLS, logins checked by Dovecot, and mailboxes that are read back. Poterne is
 * run as a person runs it, from the network where the server is.
 */
let lab: Lab;
let folder: string;
const exec = promisify(execFile);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'poterne-mail-'));
  lab = await up({
    name: `mail-${process.pid}`,
    zones: { lan: { networks: ['10.81.0.0/24'] } },
    hosts: {
      mx: postfixHost('10.81.0.2', ['equipe', 'autre']),
      prod1: { interfaces: { lan: ['10.81.0.3'] } },
    },
  });
  await startPostfix(lab, folder);
  await writeFile(join(folder, 'wrong'), 'no\n', { mode: 0o600 });
});
afterAll(async () => {
  await down(lab.name);
  await rm(folder, { recursive: true, force: true });
});
let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(folder, 'state-'));
  for (const name of ['equipe', 'autre']) await lab.host('mx').run(['rm', '-rf', `/home/${name}/Maildir`]);
});

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

interface Described {
  readonly port?: number;
  readonly tls?: string;
  readonly password?: string;
  readonly ca?: string;
  readonly from?: string;
  readonly limit?: string;
  readonly more?: string;
}

/** Runs Poterne where the mail server can be reached, with a description of its own. */
async function poterne(argv: readonly string[], described: Described = {}): Promise<Ran> {
  const { port = 587, tls = 'starttls', password = 'password', ca = 'ca', more = '' } = described;
  const { from = 'Poterne <poterne@example.fr>', limit = '10MB' } = described;
  const host = lab.host('mx').address;
  const site = `site: centre
language: fr
timezone: Europe/Paris
admin: { from: [198.18.0.0/16] }
hosts:
  prod1: { address: ${lab.host('prod1').address}, groups: [production], ssh: { user: debian } }
  prod3: { address: 198.18.255.9, groups: [production], ssh: { user: debian } }
mail:
  smtp: { host: ${host}, port: ${port}, tls: ${tls}, user: poterne, ca: ${ca}.crt, password: { file: ${join(folder, password)} } }
  from: ${from}
  limit: ${limit}
${more}`;
  await writeFile(join(folder, 'site.yaml'), site);
  const words = [program, ...argv, '--state', state];
  try {
    const { stdout, stderr } = await exec('ip', ['netns', 'exec', lab.controller, ...words], {
      ...{ cwd: folder, maxBuffer: 1e8 },
      env: { ...process.env, POTERNE_LANG: 'en', POTERNE_SSH_CONFIG: lab.sshConfig },
    });
    return { status: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, out: stdout, err: stderr };
  }
}

const fault = ({ out }: Ran) => JSON.parse(out).fault as { code: string; text: string; next: string };

test('a letter arrives, over STARTTLS and over TLS from the first byte', async () => {
  const ran = await poterne(['mail', 'test', 'equipe@example.fr']);
  expect(ran).toMatchObject({ status: 0, out: 'sent to equipe@example.fr\n' });
  expect((await poterne(['mail', 'test', 'equipe@example.fr'], { port: 465, tls: 'implicit' })).status).toBe(
    0,
  );
  const [letter = ''] = await mailbox(lab, 'equipe', 2);
  expect(letter).toContain('From: Poterne <poterne@example.fr>');
  expect(letter).toMatch(/with ESMTPSA/);
  expect(letter).toContain('Auto-Submitted: auto-generated');
});

test('what goes wrong is told for what it is, with what to do, and never the password', async () => {
  const cases: readonly (readonly [string, Described, string])[] = [
    ['an authority that did not sign', { ca: 'other' }, 'mail.certificate'],
    ['a wrong password', { password: 'wrong' }, 'mail.login.refused'],
    ['a port where nobody answers', { port: 2 }, 'mail.unreachable'],
    ['a server without TLS', { port: 2525 }, 'mail.tls'],
    ['a sender that the login may not use', { from: 'root@example.fr' }, 'mail.sender.refused'],
    ['TLS where there is none at first', { tls: 'implicit' }, 'mail.tls'],
  ];
  for (const [what, described, code] of cases) {
    const ran = await poterne(['mail', 'test', 'equipe@example.fr', '--json'], described);
    expect(ran.status, what).toBe(1);
    expect(fault(ran), what).toMatchObject({ code, next: expect.stringMatching(/\w/) });
    expect(ran.out + ran.err, what).not.toContain('s3cr3t');
  }
  expect(await readdir(join(state, 'mail'))).toEqual([]);
});

test('a secret that others may read is not used', async () => {
  await writeFile(join(folder, 'open'), 's3cr3t é\n');
  await chmod(join(folder, 'open'), 0o644);
  const ran = await poterne(['mail', 'test', 'equipe@example.fr'], { password: 'open' });
  expect(ran.status).toBe(1);
  expect(ran.err).toContain(`next: chmod 600 ${join(folder, 'open')}`);
});

test('a run is archived and sent, with its outcome in the site’s language; one recipient that is refused keeps nobody else’s', async () => {
  await writeFile(join(folder, 'Fichier_fourni.sh'), '#!/bin/sh\necho "$1"; echo r >/tmp/fichier_1log.txt\n');
  const ran = await poterne([
    ...['run', 'Fichier_fourni.sh', '--on', 'group:production', '--arg', 'SOC_PRODUCTION', '--yes'],
    ...[
      '--collect',
      '/tmp/fichier_*log.txt',
      '--retries',
      '0',
      '--message',
      'Voici les résultats.\n.\nRCPT TO:<x>',
    ],
    ...['--mail', 'equipe@example.fr,personne@example.fr', '--mail', 'autre@example.fr', '--json'],
  ]);
  expect(ran.status).toBe(1);
  const { run, archive, mail, hosts } = JSON.parse(ran.out);
  expect(hosts.map(({ outcome }: { outcome: { is: string } }) => outcome.is)).toEqual(['ok', 'unreachable']);
  expect(mail, ran.out).toMatchObject({
    ...{ is: 'kept', sent: ['equipe@example.fr', 'autre@example.fr'], to: ['personne@example.fr'] },
    fault: { code: 'mail.recipient.refused', text: expect.stringContaining('personne@example.fr') },
  });
  const [letter = ''] = await mailbox(lab, 'equipe');
  await mailbox(lab, 'autre');
  const { text, attachment } = await opened(folder, letter);
  expect(text).toContain('Voici les résultats.\n.\nRCPT TO:<x>');
  expect(text).toContain('1 machine sur 2 réussie. 1 en échec.');
  expect(text).toMatch(/prod3: non jointe – .*198\.18\.255\.9/);
  expect(text).toContain(archive.sha256);
  expect(text).toContain(archive.fingerprint);
  const checked = await poterne(['run', 'verify', attachment ?? '']);
  expect(checked, checked.err).toMatchObject({ status: 0 });
  expect(checked.out).toContain(`run ${run}`);
});

test('an archive that is too large becomes a link, or says where it is', async () => {
  await writeFile(join(folder, 'large.sh'), '#!/bin/sh\nhead -c 200000 /dev/urandom\n');
  const shown = join(folder, 'shown');
  await mkdir(shown);
  const argv = ['run', 'large.sh', '--on', 'prod1', '--quiet', '--mail', 'equipe@example.fr', '--json'];
  const more = `archives: { folder: ${shown}, url: "https://fichiers.example.fr/runs" }\n`;
  const { url } = JSON.parse((await poterne(argv, { limit: '100kB', more })).out);
  const [name = ''] = await readdir(shown);
  expect(url).toBe(`https://fichiers.example.fr/runs/${name}`);
  expect(name).toMatch(/-[0-9a-f]{32}\.tar\.gz$/);
  const first = await opened(folder, (await mailbox(lab, 'equipe'))[0] ?? '');
  expect(first.text).toContain(url);
  expect(first.attachment).toBeUndefined();
  expect((await poterne(['run', 'verify', join(shown, name)])).status).toBe(0);

  const { archive } = JSON.parse((await poterne(argv, { limit: '100kB' })).out);
  const second = await opened(
    folder,
    (await mailbox(lab, 'equipe', 2)).find((letter) => !letter.includes('/runs/')) ?? '',
  );
  expect(second.text).toContain(archive.file);
});

test('a letter that cannot leave is kept, and leaves later; the run stands', async () => {
  await writeFile(join(folder, 'ok.sh'), '#!/bin/sh\necho fine\n');
  const argv = ['run', 'ok.sh', '--on', 'prod1', '--mail', 'equipe@example.fr'];
  const ran = await poterne(argv, { port: 2 });
  expect(ran.status).toBe(1);
  expect(ran.out).toContain('1 of 1 ok');
  expect(ran.err).toContain('is kept:');
  expect((await poterne(['mail', 'queue'])).out).toMatch(/equipe@example\.fr +1 +the mail server/);
  expect((await poterne(['mail', 'retry'], { password: 'wrong' })).status).toBe(1);
  expect((await poterne(['mail', 'retry'])).out).toBe('sent to equipe@example.fr\n');
  expect((await poterne(['mail', 'queue'])).out).toBe('no letter is waiting\n');
  const { attachment } = await opened(folder, (await mailbox(lab, 'equipe'))[0] ?? '');
  expect((await poterne(['run', 'verify', attachment ?? ''])).status).toBe(0);
});

test('one that the server finds too large, whatever the description says, becomes a link as well', async () => {
  await writeFile(join(folder, 'huge.sh'), '#!/bin/sh\nhead -c 4000000 /dev/urandom\n');
  const ran = await poterne([
    'run',
    'huge.sh',
    '--on',
    'prod1',
    '--quiet',
    '--mail',
    'equipe@example.fr',
    '--json',
  ]);
  expect(ran.status).toBe(0);
  const { archive, mail } = JSON.parse(ran.out);
  expect(mail).toMatchObject({ is: 'sent' });
  expect((await opened(folder, (await mailbox(lab, 'equipe'))[0] ?? '')).text).toContain(archive.file);
  expect((await poterne(['mail', 'queue'])).out).toBe('no letter is waiting\n');
});
