import { expect, test } from 'vitest';
import type { Host, Site } from '../model/site.ts';
import { clientFiles, enterCommand } from './client.ts';

const host = (name: string, address: string) =>
  ({ name, address, addresses: [address], roles: [], ssh: { user: 'root', port: 22 } }) as unknown as Host;
const prod1 = host('prod1', '10.0.0.11');
const siteWith = (staticKeys: boolean) =>
  ({
    hosts: [host('gate', '10.0.0.1'), prod1],
    bastion: { host: 'gate', hostAuthority: 'ssh-ed25519 AAAA', staticKeys },
  }) as unknown as Site;

const files = (staticKeys: boolean) =>
  clientFiles(siteWith(staticKeys), 'alice', [{ host: prod1 }], {
    knownHosts: '~/known',
    key: '~/.ssh/poterne',
  }).config;
const entering = (staticKeys: boolean, settings: { readonly certificate?: string } = {}) =>
  enterCommand(siteWith(staticKeys), { person: 'alice', host: prod1, account: 'debian' }, settings).join(' ');

test('where only certificates lead on, ssh is told to offer that one first, at the bastion and behind it', () => {
  expect(files(false)).toMatch(
    /^Match originalhost gate,prod1 exec "test -s ~\/\.ssh\/poterne-cert\.pub"\n {2}CertificateFile ~\/\.ssh\/poterne-cert\.pub\n {2}IdentityFile ~\/\.ssh\/poterne\n$/m,
  );
  expect(files(true)).not.toContain('CertificateFile');
});

test('poterne ssh offers its certificate first, or no key that is none', () => {
  const only = 'PubkeyAcceptedAlgorithms=*-cert-v01@openssh.com';
  expect(entering(false)).toContain(only);
  expect(entering(true)).not.toContain(only);
  const certified = entering(false, { certificate: '/c' });
  expect(certified).not.toContain(only);
  expect(certified.match(/CertificateFile=\/c/g)).toHaveLength(2);
});
