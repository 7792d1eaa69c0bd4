import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { isLoopback } from '../lib/ip.ts';
import { siteOf } from '../plan/testing.ts';
import { whereWeAre } from './reach.ts';

const own = Object.values(networkInterfaces())
  .flatMap((some) => some ?? [])
  .map(({ address }) => address)
  .find((address) => !isLoopback(address) && !address.startsWith('fe80:'));

test.skipIf(own === undefined)(
  'a machine elsewhere with an address of the site is not the site’s',
  async () => {
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOfTheServer';
    const described = (ssh: string) =>
      siteOf(`site: s
hosts: { erp: { address: "${own}", ssh: ${ssh} } }
admin: { from: [192.0.2.0/24] }
`);
    const site = await described(`{ host-key: "${key}" }`);
    expect(whereWeAre(site)).toBeUndefined();
    expect(whereWeAre(site, undefined, ['ssh-rsa AAAA', key])).toBe('erp');
    expect(whereWeAre(site, 'erp')).toBe('erp');
    // Nothing tells them apart then.
    expect(whereWeAre(await described('{}'))).toBe('erp');
  },
);
