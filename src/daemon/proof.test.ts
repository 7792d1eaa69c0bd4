import { expect, test } from 'vitest';
import { head, makeRig, port, type Rig, startService } from '../apply/testing.ts';
import { clientAuthority } from '../engines/nginx/testing-clients.ts';
import { expectations } from '../plan/planner.ts';
import { prove } from './gateway.ts';

const upstream = port(90);

const described = (rig: Rig, assigned: boolean, trust: string) => `${head(rig.ports)}services:
  app: { url: "http://127.0.0.1:${upstream}", healthy: { path: /, contains: the service } }
tls-configurations:
  own: { client-certificate: required, authorities: [internal] }
  partners: { client-certificate: required, authorities: [${trust}], crl: ${trust}.crl, probe: { certificate: probe.pem, key: probe.key, expired: { certificate: over.pem, key: over.key }, revoked: { certificate: revoked.pem, key: revoked.key } } }
publications:
  own.localhost: { service: app, audience: everyone${assigned ? ', tls-configuration: own' : ''} }
  api.localhost: { service: app, audience: everyone${assigned ? ', tls-configuration: partners' : ''} }
  paths.localhost:
    audience: everyone
    routes:
      /: { service: app${assigned ? ', tls-configuration: own' : ''} }
      /open/: { service: app }
`;

/** What was seen of every promise about client certificates: `name what: seen`. */
async function proved(rig: Rig, yaml: string): Promise<string[]> {
  const { site } = await rig.describe(yaml);
  const evidence = await prove(rig.gateway, site, expectations(site), { address: '127.0.0.1' });
  const told = evidence.filter(({ expectation }) => /#(client-|answers)/.test(expectation));
  return told.map(({ expectation, held, seen }) => `${expectation} ${held} ${seen.code}`);
}

test('who shows which certificate is refused, and who is not, is tried with certificates made for it', async () => {
  const rig = await makeRig();
  await startService(upstream, (request, response) => {
    const { 'x-client-identity': identity = 'nobody' } = request.headers;
    // A service may refuse with the same status: that is not the gateway's refusal.
    response.statusCode = request.url === '/forbidden' ? 403 : 200;
    response.end(`the service, for ${String(identity)}`);
  });
  const [partner, other] = [await clientAuthority('CN=Partner'), await clientAuthority('CN=Other')];
  const [right, over, revoked] = [
    await partner.client(),
    await partner.client({ from: -5, until: -1 }),
    await partner.client(),
  ];
  await rig.write('partner.pem', partner.pem);
  await rig.write('partner.pem.crl', await partner.list([revoked.serial]));
  await rig.write('other.pem', other.pem);
  await rig.write('other.pem.crl', await other.list());
  for (const [name, { cert, key }] of Object.entries({ probe: right, over, revoked })) {
    await rig.write(`${name}.pem`, cert);
    await rig.write(`${name}.key`, key);
  }

  const yaml = described(rig, true, 'partner.pem');
  expect((await rig.apply(yaml)).outcome).toBe('applied');
  expect(await proved(rig, yaml)).toEqual([
    'own.localhost#client-none true seen.client.refused',
    'own.localhost#client-impostor true seen.client.refused',
    'own.localhost#client-expired true seen.client.refused',
    'own.localhost#client-revoked true seen.client.refused',
    'own.localhost#client-right true seen.client.accepted',
    'own.localhost/#answers true seen.answers.content',
    'api.localhost#client-none true seen.client.refused',
    'api.localhost#client-impostor true seen.client.refused',
    'api.localhost#client-expired true seen.client.refused',
    'api.localhost#client-revoked true seen.client.refused',
    'api.localhost#client-right true seen.client.accepted',
    'api.localhost/#answers true seen.answers.content',
    'paths.localhost/#client-none true seen.client.refused',
    'paths.localhost/#client-impostor true seen.client.refused',
    'paths.localhost/#client-expired true seen.client.refused',
    'paths.localhost/#client-revoked true seen.client.refused',
    'paths.localhost/#client-right true seen.client.accepted',
    'paths.localhost/#answers true seen.answers.content',
    'paths.localhost/open/#answers true seen.answers.held',
  ]);

  // The same promises of a gateway that asks for no certificate: none of the refusals holds.
  await rig.apply(described(rig, false, 'partner.pem'));
  const open = (await proved(rig, yaml)).filter((line) => !line.includes('answers'));
  expect(new Set(open.map((line) => line.replace(/^.*#/, '')))).toEqual(
    new Set([
      'client-none false seen.client.let-in',
      'client-impostor false seen.client.let-in',
      'client-expired false seen.client.let-in',
      'client-revoked false seen.client.let-in',
      'client-right true seen.client.accepted',
    ]),
  );

  // A gateway that has an earlier list lets the revoked one in.
  await rig.write('other.pem', partner.pem);
  await rig.write('other.pem.crl', await partner.list());
  await rig.apply(described(rig, true, 'other.pem'));
  expect((await proved(rig, yaml)).filter((line) => line.startsWith('api.localhost#client-'))).toEqual([
    'api.localhost#client-none true seen.client.refused',
    'api.localhost#client-impostor true seen.client.refused',
    'api.localhost#client-expired true seen.client.refused',
    'api.localhost#client-revoked false seen.client.let-in',
    'api.localhost#client-right true seen.client.accepted',
  ]);

  // And one that accepts another authority.
  await rig.write('other.pem', other.pem);
  await rig.write('other.pem.crl', await other.list());
  await rig.apply(described(rig, true, 'other.pem'));
  const shut = (await proved(rig, yaml)).filter((line) => line.startsWith('api.localhost'));
  expect(shut).toEqual([
    'api.localhost#client-none true seen.client.refused',
    'api.localhost#client-impostor true seen.client.refused',
    'api.localhost#client-expired true seen.client.refused',
    'api.localhost#client-revoked true seen.client.refused',
    'api.localhost#client-right false seen.client.shut-out',
    'api.localhost/#answers false seen.status.other',
  ]);

  // Certificates that are not what they are called prove nothing by being refused.
  await rig.write('over.pem', right.cert);
  await rig.write('over.key', right.key);
  await rig.write('revoked.key', right.key);
  expect((await proved(rig, yaml)).filter((line) => /#client-(expired|revoked) false/.test(line))).toEqual([
    'api.localhost#client-expired false client-proof.file.ended',
    'api.localhost#client-revoked false client-proof.file.key',
  ]);
});
