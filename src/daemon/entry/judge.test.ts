import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describe as read } from '../../describe/index.ts';
import { memory } from '../../describe/testing.ts';
import { userCutFile } from '../../identity/cuts.ts';
import { admit } from '../../lib/admission.ts';
import { cutPlaces } from '../../model/cut.ts';
import { asksAgain, judge } from './judge.ts';
import type { Entry } from './types.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'poterne-judge-'));
});
afterEach(() => rm(state, { recursive: true, force: true }));

/** As much of an entry as judging asks: bob has signed in, and is in no group any more. */
async function entryOf(): Promise<Entry> {
  const yaml = `site: s
people: { alice: { groups: [staff] }, bob: {} }
sign-in: { at: portail.example.fr }
tls-configurations: { partners: { client-certificate: optional, authorities: [internal] } }
services: { app: { url: "http://127.0.0.1:1" } }
publications:
  erp.example.fr: { service: app, audience: [ { groups: [staff] }, { certificate: partners } ] }
`;
  const { site, findings } = await read('/site/site.yaml', { files: memory({ '/site/site.yaml': yaml }) });
  if (!site) throw new Error(JSON.stringify(findings));
  return {
    ...{ state, site, admit: (asking: Parameters<typeof admit>[1]) => admit(site, asking) },
    ...{ approvals: async () => [], country: () => undefined },
    sessions: { list: async () => [{ id: 's1' }] },
    standing: { of: async () => ({ id: 'bob', source: 'local', login: 'bob', groups: [] }) },
  } as unknown as Entry;
}

test('whoever came without a certificate does not go on as if they had shown one', async () => {
  const again = asksAgain(await entryOf());
  const sighting = {
    ...{ ends: '', connection: '1', began: 1, address: '192.0.2.7', publication: 'erp_example_fr' },
    ...{ session: 's1', user: 'bob', line: '' },
  };
  expect((await again({ ...sighting, hasCertificate: true }))?.admitted).toBe(true);
  expect((await again({ ...sighting, hasCertificate: false }))?.admitted).toBe(false);
});

test('an address that is cut off while it waits for a verdict is refused, by itself and by its network', async () => {
  const entry = await entryOf();
  const [publication] = entry.site.publications;
  if (!publication) throw new Error('none');
  const from = (address: string) =>
    judge(entry, publication, { address, secondFactor: false, certificate: 'partners' });
  expect(await from('192.0.2.7')).toMatchObject({ admitted: true });
  for (const name of ['addresses/192.0.2.7', 'networks/198.51.100', 'networks/2001:db8::']) {
    await mkdir(dirname(join(state, 'cut', name)), { recursive: true });
    await writeFile(join(state, 'cut', name), '');
  }
  expect(Object.values(cutPlaces)).toEqual(expect.arrayContaining(['cut/addresses', 'cut/networks']));
  for (const address of ['192.0.2.7', '198.51.100.9', '2001:db8::1'])
    expect(await from(address)).toEqual({ admitted: false, why: 'cut' });
  for (const address of ['192.0.2.8', '198.51.101.9', '2001:db8:1::1'])
    expect(await from(address)).toMatchObject({ admitted: true });
});

test('who is cut off is refused by the verdict, whatever lets them in', async () => {
  const entry = await entryOf();
  const [publication] = entry.site.publications;
  if (!publication) throw new Error('none');
  const user = { id: 'bob', source: 'local', login: 'bob', groups: ['staff'] };
  const asks = () => judge(entry, publication, { address: '192.0.2.7', secondFactor: false, user });
  expect(await asks()).toMatchObject({ admitted: true });
  await mkdir(dirname(join(state, userCutFile('bob'))), { recursive: true });
  await writeFile(join(state, userCutFile('bob')), '');
  expect(await asks()).toEqual({ admitted: false, why: 'cut' });
});
