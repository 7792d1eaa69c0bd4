import { afterAll, beforeAll, expect, test } from 'vitest';
import { down, type Lab, up } from '../../lab/lab.ts';
import { bench, file, part } from '../apply/hosts/testing.ts';
import { siteOf } from '../plan/testing.ts';
import { readOfGateway } from './reach.ts';

/** What others than root can do on a host to those who look at it as root. */
let lab: Lab;
const run = async (...argv: readonly string[]) => {
  const { code, stdout, stderr } = await lab.host('gateway').run(argv);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};

beforeAll(async () => {
  lab = await up({
    name: `hostile-${process.pid}`,
    zones: { dmz: { networks: ['10.78.2.0/24'] } },
    controller: 'admin',
    hosts: {
      admin: { boot: false, interfaces: { dmz: ['10.78.2.9'] } },
      gateway: { interfaces: { dmz: ['10.78.2.1'] } },
    },
  });
});
afterAll(() => down(lab.name));

test('the gateway’s account does not have root read its secrets out', async () => {
  await run(
    'useradd',
    '--system',
    '--user-group',
    '--create-home',
    '--home-dir',
    '/var/lib/poterne',
    'poterne',
  );
  const as = (...argv: readonly string[]) => run('setpriv', '--reuid=poterne', '--clear-groups', ...argv);
  const yaml = `site: s
hosts: { gateway: { address: 10.78.2.1, roles: [gateway], ssh: { user: debian } } }
admin: { from: [10.78.2.9] }
`;
  const site = await siteOf(yaml);
  const [host] = site.hosts;
  if (!host) throw new Error('no host');
  const read = (path: string) => readOfGateway(site, host, { settings: { config: lab.sshConfig } }, path);
  await as('ln', '-s', '/etc/shadow', '/var/lib/poterne/manifest.json');
  expect(await read('/var/lib/poterne/manifest.json')).toBeUndefined();
  await as('sh', '-c', 'umask 077; echo well >/var/lib/poterne/own');
  expect(await read('/var/lib/poterne/own')).toBe('well\n');
});

test('nobody but sudo and sshd says who did it', async () => {
  const on = bench(lab, 'gateway', { address: '10.78.2.1' });
  const motd = [part('motd', { files: [file('/etc/motd', 'well\n')] })];
  await on.apply(motd);
  await run('useradd', 'mallory');
  const forge = (name: string, text: string) =>
    run('setpriv', '--reuid=mallory', '--clear-groups', 'logger', '--id', '-t', name, text);
  const changed = async () => (await on.plan(motd)).parts[0]?.changes[0]?.drift;

  await forge('sshd', 'Accepted publickey for alice from 192.0.2.66 port 1 ssh2: ED25519 SHA256:x');
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await run('sh', '-c', 'echo ill >/etc/motd');
  await forge('sudo', '   alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/tee /etc/motd');
  const forged = await changed();
  expect(forged).toBeDefined();
  expect(JSON.stringify(forged)).not.toContain('alice');

  await run('runuser', '-u', 'debian', '--', 'sudo', 'touch', '/etc/motd');
  expect(await changed()).toMatchObject({ by: expect.stringMatching(/^debian \(.*touch \/etc\/motd\)$/) });
});
