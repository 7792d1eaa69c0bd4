import { expect, test } from 'vitest';
import { waves } from './order.ts';
import { siteOf } from './testing.ts';

const order = async (hosts: string) =>
  waves(await siteOf(`site: s\nadmin: { from: [10.0.0.0/8] }\nhosts:\n${hosts}`)).map(
    (wave) => `${wave.phase} ${wave.hosts.join(' ')}`,
  );

test('all at once, then firewalls: what is reached through others first, routers last', async () => {
  expect(
    await order(`  router: { address: 10.0.0.1, roles: [router], ssh: {} }
  gw: { address: 10.0.0.2, roles: [gateway], ssh: {} }
  erp: { address: 10.0.1.3, ssh: { via: gw } }
  db: { address: 10.0.1.4, ssh: { via: gw } }
  deep: { address: 10.0.2.5, ssh: { via: db } }
  printer: { address: 10.0.1.9 }
  outside: { address: 192.0.2.1, roles: [vantage], ssh: {} }
`),
  ).toEqual(['settle router gw erp db deep', 'guard deep', 'guard erp db', 'guard gw', 'guard router']);
});

test('peers are never changed at the same time', async () => {
  expect(
    await order(`  r1: { address: 10.0.0.1, roles: [router], ssh: {} }
  r2: { address: 10.0.0.2, roles: [router], ssh: {} }
  a: { address: 10.0.0.3, ssh: {} }
`),
  ).toEqual(['settle r1 a', 'settle r2', 'guard a', 'guard r1', 'guard r2']);
});

test('nothing to do where no host is reached over SSH', async () => {
  expect(await order('  a: { address: 10.0.0.3 }\n')).toEqual([]);
});
