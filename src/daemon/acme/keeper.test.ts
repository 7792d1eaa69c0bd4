import { mkdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { eventually, head, makeRig, port } from '../../apply/testing.ts';
import { freePorts } from '../../lib/testing-ports.ts';
import type { Fault } from '../../model/fault.ts';
import { acmeCertificateFile } from '../../pki/acme-files.ts';
import { keepCertificates } from './keeper.ts';

test('a file that cannot be read holds up no other certificate, and does not end the keeper', async () => {
  const rig = await makeRig();
  const [nobody] = await freePorts(1);
  await rig.write('ca.pem', rig.gateway.authority.root);
  const { site } = await rig.describe(`${head(rig.ports)}
services:
  app: { url: "http://127.0.0.1:${port(90)}" }
acme: { directory: "https://localhost:${nobody}/dir", trust: ca.pem, terms: agreed }
publications:
  one.example.fr: { service: app, audience: everyone, tls: acme }
  two.example.fr: { service: app, audience: everyone, tls: acme }
`);
  await mkdir(acmeCertificateFile(rig.state, 'one_example_fr'), { recursive: true });
  const ending = new AbortController();
  const faults: Fault[] = [];
  let isHere = true;
  const keeper = keepCertificates({
    ...{ state: rig.state, serve: async () => [], tell: () => {}, signal: ending.signal },
    fail: (fault) => faults.push(fault),
    site: async () => {
      if (isHere) return site;
      throw new Error('EIO');
    },
  });
  const codes = () => faults.map(({ code, params }) => `${code} ${params.reason}`).join('; ');
  await eventually(() => codes().includes('EISDIR') && codes().includes('acme.unreachable'), codes);
  isHere = false;
  keeper.wake();
  await eventually(() => codes().includes('EIO'), codes);
  ending.abort();
  await expect(keeper.ended).resolves.toBeUndefined();
});
