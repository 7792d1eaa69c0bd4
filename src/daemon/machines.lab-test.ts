import { afterAll, beforeAll, expect, test } from 'vitest';
import { down, type Lab, up } from '../../lab/lab.ts';
import { convergeHost } from '../apply/hosts/converge.ts';
import type { Bundle } from '../model/bundle.ts';
import { siteOf } from '../plan/testing.ts';
import { applyMachines, bundlesOf } from './machines.ts';
import { hostOf, targetOf } from './reach.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await up({
    name: `machines-${process.pid}`,
    zones: { lan: { networks: ['10.79.2.0/24'] } },
    controller: 'admin',
    hosts: {
      admin: { boot: false, interfaces: { lan: ['10.79.2.9'] } },
      erp: { interfaces: { lan: ['10.79.2.1'] } },
    },
  });
});
afterAll(() => down(lab.name));

test('an apply that ended before it confirmed is confirmed by the next one', async () => {
  const site = await siteOf(`site: s
hosts: { erp: { address: 10.79.2.1, ssh: { user: debian }, firewall: { confirm: 2m } } }
admin: { from: [10.79.2.9] }
`);
  const bundles = bundlesOf(site);
  const settings = { config: lab.sshConfig };
  // The controller is killed here.
  const cut = await convergeHost(targetOf(site, hostOf(site, 'erp')), bundles.get('erp') as Bundle, {
    settings,
    mode: 'apply',
  });
  expect(cut.parts).toMatchObject([{ name: 'nftables', outcome: 'unconfirmed' }]);
  const again = await applyMachines(site, bundles, { settings }, { tell: () => undefined });
  expect(again).toMatchObject([
    { host: 'erp', report: { parts: [{ name: 'nftables', outcome: 'changed' }] } },
  ]);
  const armed = ['test', '-e', '/var/lib/poterne-host/rollback/nftables'];
  expect((await lab.host('erp').run(armed)).code).toBe(1);
});
