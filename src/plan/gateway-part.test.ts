import { expect, test } from 'vitest';
import { site } from '../engines/nginx/testing.ts';
import type { Shipment } from '../model/shipment.ts';
import type { ServerTls } from '../model/tls.ts';
import { gatewayPart, installedGateway } from './gateway-part.ts';

const of = (name: string) => ({ name, version: '1', file: `/dist/${name}.deb`, sha256: '' });
const packages = { poterne: of('poterne'), node: of('poterne-node') };
const to = `${installedGateway.files}/0-key.pem`;
const shipment: Shipment = {
  site: site([], []),
  yaml: 'site: x\n',
  files: [{ from: '/home/me/key.pem', to, because: '/publications/a/tls/key' }],
};

test('Node is carried for hosts whose Debian has none that is recent enough', () => {
  expect(gatewayPart(shipment, packages).carried).toEqual([
    { ...packages.node, unless: { name: 'nodejs', version: '20.12' } },
    packages.poterne,
  ]);
  expect(gatewayPart(shipment, { poterne: packages.poterne }).carried).toEqual([packages.poterne]);
});

test('what is carried is read by root and the service alone, and a key is shown nowhere', () => {
  const { files } = gatewayPart(shipment, packages);
  expect(files).toMatchObject([
    { path: '/etc/poterne/site.yaml', secret: false, content: { text: 'site: x\n' } },
    { path: to, secret: true, content: { file: '/home/me/key.pem' }, because: '/publications/a/tls/key' },
  ]);
  for (const { mode, owner, group } of files)
    expect([mode, owner, group]).toEqual([0o640, 'root', 'poterne']);
});

test('what nginx needs for this description alone is installed with it', () => {
  const { packages: usual } = gatewayPart(shipment, packages);
  expect(usual).toEqual(['nginx', 'libnginx-mod-stream', 'logrotate']);
  const reading: ServerTls = {
    kind: 'server',
    name: 'partners',
    client: 'required',
    authorities: [],
    depth: 2,
    crls: [],
    identity: 'san-dns',
    headers: {},
    pointer: '',
  };
  const named = { ...shipment, site: { ...shipment.site, tlsConfigurations: [reading] } };
  expect(gatewayPart(named, packages).packages).toEqual([...usual, 'libnginx-mod-http-js']);
});
