import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { down, type Lab, up } from '../../lab/lab.ts';
import { readTopology } from '../../lab/topology.ts';
import { installPoterne } from '../../packaging/testing.ts';
import type { Outcome } from '../../src/hosts/host.ts';
import { quote } from '../../src/lib/quote.ts';

/** A data platform that calls partners, and that partners call, each with certificates (MTLS-1 to MTLS-7). */
const here = import.meta.dirname;
const folder = '/root/site';
let lab: Lab;
/** What pki.sh made. */
let pki: string;
const servers: ChildProcess[] = [];

/** Runs a command on the gateway, as root. */
const on = (...argv: readonly string[]): Promise<Outcome> =>
  lab.host('passerelle').run(argv, { timeout: 240_000 });

/** The command line as the administrator of the gateway uses it, in the folder of the description. */
const poterne = (...words: readonly string[]): Promise<Outcome> =>
  on('sh', '-c', `cd ${folder} && exec ${quote(['poterne', ...words])}`);

/** A whole apply, with the answer to the question whether one can still log in. */
const apply = (): Promise<Outcome> =>
  on('sh', '-c', `cd ${folder} && printf 'y\\n' | script -qec 'poterne apply' /dev/null`);

/** curl in the network of a host: the status, and the body. */
async function curl(host: string, ...argv: readonly string[]): Promise<{ status: number; body: string }> {
  const words = ['curl', '--silent', '--max-time', '10', '--write-out', '\\n%{http_code}', ...argv];
  const [program = '', ...rest] = lab.host(host).networkCommand(words);
  return new Promise((resolve) =>
    execFile(program, rest, (_, stdout) => {
      const end = stdout.lastIndexOf('\n');
      resolve({ status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) });
    }),
  );
}

/** A server of the example, in the network of its host. */
function serve(host: string, ...argv: readonly string[]): void {
  const [program = '', ...rest] = lab.host(host).networkCommand([process.execPath, ...argv]);
  servers.push(spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit'] }));
}

/** The platform calls the partner, as its code does: over plain http, through the gateway. */
const call = () => curl('agence', ...agency, 'https://donnees.example.fr/csp/appel');

const name = 'donnees.example.fr';
let agency: string[];

beforeAll(async () => {
  pki = await mkdtemp(join(tmpdir(), 'poterne-iris-'));
  const [topology] = await Promise.all([
    readTopology(`${here}/lab.yaml`),
    promisify(execFile)('sh', [`${here}/pki.sh`, pki]),
  ]);
  lab = await up({ ...topology, name: `iris-mtls-${process.pid}` });
  serve('iris', `${here}/iris.mjs`);
  serve('partenaire', `${here}/partenaire.mjs`, pki);
  await installPoterne(lab, 'passerelle');
  await promisify(execFile)('sh', [`${here}/prepare.sh`, lab.name, pki]);
  agency = [
    ...['--resolve', `${name}:443:203.0.113.10`, '--insecure'],
    ...['--cert', `${pki}/agence.pem`, '--key', `${pki}/agence.key`],
  ];
}, 600_000);

afterAll(async () => {
  for (const server of servers) server.kill();
  if (lab) await down(lab.name);
  if (pki) await rm(pki, { recursive: true, force: true });
});

test('the description is applied, firewall and all', async () => {
  const { code, stdout } = await apply();
  expect([code, stdout]).toEqual([0, expect.stringContaining('passerelle')]);
}, 300_000);

describe('MTLS-1: as a server', () => {
  const bare = ['--resolve', `${name}:443:203.0.113.10`, '--insecure'];
  test('nobody gets in without a certificate; who has one is named to the application', async () => {
    expect((await curl('agence', ...bare, `https://${name}/csp/donnees`)).status).toBe(403);
    const { status, body } = await curl('agence', ...agency, `https://${name}/csp/donnees`);
    expect([status, JSON.parse(body)]).toEqual([200, { identity: 'agence-12', verified: 'SUCCESS' }]);
  });

  test('nor with one of another authority, nor by naming oneself', async () => {
    const other = ['--cert', `${pki}/client.pem`, '--key', `${pki}/client.key`];
    expect((await curl('agence', ...bare, ...other, `https://${name}/csp/donnees`)).status).toBe(403);
    const forged = ['--header', 'X-Client-Identity: agence-1', '--header', 'X-Client-Verified: SUCCESS'];
    const { body } = await curl('agence', ...agency, ...forged, `https://${name}/csp/donnees`);
    expect(JSON.parse(body).identity).toBe('agence-12');
  });

  test('it is proved: none, another authority, expired, revoked are refused, the right one is not', async () => {
    const { stdout } = await poterne('verify', '--json', '--from', 'passerelle', '--only', name);
    const { evidence, untried } = JSON.parse(stdout) as {
      evidence: { expectation: string; held: boolean; seen: { code: string } }[];
      untried: unknown[];
    };
    const about = evidence.filter(({ expectation }) => expectation.includes('#client-'));
    expect(
      about.map(({ expectation, held, seen }) => [expectation.replace(/.*#client-/, ''), held, seen.code]),
    ).toEqual([
      ['none', true, 'seen.client.refused'],
      ['impostor', true, 'seen.client.refused'],
      ['expired', true, 'seen.client.refused'],
      ['revoked', true, 'seen.client.refused'],
      ['right', true, 'seen.client.accepted'],
    ]);
    expect(untried).toEqual([]);
  }, 300_000);
});

describe('MTLS-2: as a client', () => {
  test('the platform reaches the partner with our certificate, and knows nothing of TLS', async () => {
    const { status, body } = await call();
    expect([status, JSON.parse(body)]).toMatchObject([
      200,
      { url: '/endpoint', client: name, tls: 'TLSv1.3' },
    ]);
  });

  test('it reaches nothing else: not another path, not the partner itself; its neighbour reaches nothing at all', async () => {
    const door = 'http://10.60.0.1:8180';
    expect((await curl('iris', `${door}/api/endpoint/more`)).status).toBe(200);
    expect((await curl('iris', `${door}/api/admin`)).status).toBe(403);
    expect((await curl('iris', '--proxy', door, 'http://203.0.113.90/')).status).toBe(400);
    expect((await curl('iris', '--insecure', '--connect-timeout', '2', 'https://203.0.113.80/')).status).toBe(
      0,
    );
    expect((await curl('poste', '--connect-timeout', '2', `${door}/api/endpoint`)).status).toBe(0);
  });

  test('all of it is promised, and proved from each machine', async () => {
    const proofs = async (...from: readonly string[]) => {
      const { stdout } = await poterne('verify', '--json', ...from);
      const { evidence } = JSON.parse(stdout) as {
        evidence: { expectation: string; held: boolean; seen: { params: unknown } }[];
      };
      // What is published is proved there as well.
      expect(evidence.filter(({ held }) => !held)).toEqual([]);
      return evidence
        .filter(({ expectation }) => expectation.includes('partner/'))
        .map(({ expectation, held, seen }) => [expectation, held, seen.params]);
    };
    const mine = [
      'partner/api#client-certificate',
      true,
      expect.objectContaining({ days: 397, issuer: 'Autorité du partenaire' }),
    ];
    expect(await proofs('--from', 'iris')).toEqual([
      mine,
      ['iris→partner/api#answers', true, { status: 200 }],
    ]);
    expect(await proofs('--from', 'poste')).toEqual([
      mine,
      ['poste→partner/api#refuses', true, expect.anything()],
    ]);
    expect(await proofs('--from', 'passerelle')).toEqual([
      mine,
      [
        'passerelle→partner/api#certificate',
        true,
        expect.objectContaining({
          protocol: 'TLS 1.3',
          chain: 'api.external-system.com → Autorité du partenaire',
        }),
      ],
    ]);
  }, 300_000);

  test('the log of calls names the caller and what became of it', async () => {
    const { stdout } = await on('sh', '-c', 'grep /api/endpoint /var/lib/poterne/nginx/log/partners.log');
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({
      partner: 'api',
      caller: '10.60.0.20',
      path: '/api/endpoint',
      status: 200,
      partnerCertificate: 'verified',
    });
  });

  test('a certificate of the wrong purpose is refused before anything is touched', async () => {
    await on(
      'sed',
      '-i',
      's#pki/client.pem#pki/client-serveur.pem#; s#pki/client.key#pki/client-serveur.key#',
      `${folder}/site.yaml`,
    );
    const { code, stdout } = await poterne('apply', '--json');
    expect([code, stdout]).toEqual([2, expect.stringContaining('client-certificate.purpose')]);
    await on('sed', '-i', 's#pki/client-serveur#pki/client#', `${folder}/site.yaml`);
    expect((await call()).status).toBe(200);
  });

  test('the certificate is renewed while calls go on, and none is lost', async () => {
    const before = JSON.parse((await call()).body).serial as string;
    await on(
      'sh',
      '-c',
      `cd ${folder}/pki && mv client-nouveau.pem client.pem && mv client-nouveau.key client.key`,
    );
    let renewing = true;
    const serials: string[] = [];
    const failures: unknown[] = [];
    const loop = async () => {
      while (renewing && serials.length < 5000) {
        const { status, body } = await curl('iris', 'http://10.60.0.1:8180/api/endpoint');
        if (status === 200) serials.push(JSON.parse(body).serial);
        else failures.push([status, body]);
      }
    };
    const loops = [loop(), loop(), loop()];
    expect((await apply()).code).toBe(0);
    expect((await call()).status).toBe(200);
    renewing = false;
    await Promise.all(loops);
    expect(failures).toEqual([]);
    const [first, last] = [serials[0], serials.at(-1)];
    expect([first, last === before, new Set(serials).size]).toEqual([before, false, 2]);
  }, 300_000);
});

describe('MTLS-3 to MTLS-7: the doctor', () => {
  /** The exit code of a command about certificates, and the codes of what it found. */
  async function cert(...words: readonly string[]): Promise<readonly [number | undefined, string]> {
    const { code, stdout } = await poterne('cert', ...words, '--json');
    return [code, stdout];
  }
  const partner = 'api.external-system.com:443';
  const trusting = ['--ca', 'pki/partenaire-root.pem'];
  const showing = (name: string) => ['--cert', `pki/${name}.pem`, '--key', `pki/${name}.key`];

  test('MTLS-3: what a certificate is for, and until when', async () => {
    expect(await cert('inspect', 'pki/client.pem', '--purpose', 'client')).toEqual([0, expect.anything()]);
    expect(await cert('inspect', 'pki/client-serveur.pem', '--purpose', 'client')).toEqual([
      1,
      expect.stringContaining('client'),
    ]);
  });

  test('MTLS-4: whether a key is its own', async () => {
    expect((await cert('match', 'pki/client.key', 'pki/client.pem'))[0]).toBe(0);
    expect((await cert('match', 'pki/client-serveur.key', 'pki/client.pem'))[0]).toBe(1);
  });

  test('MTLS-5: a whole handshake with the partner, and who refuses what', async () => {
    expect((await cert('handshake', partner, ...trusting, ...showing('client')))[0]).toBe(0);
    const none = await cert('handshake', partner, ...trusting);
    expect(none).toEqual([1, expect.stringMatching(/certificate.required|116/i)]);
    expect((await cert('handshake', partner, ...trusting, ...showing('agence')))[0]).toBe(1);
  });

  test('MTLS-6: a chain, against an authority', async () => {
    expect((await cert('chain', 'pki/client.pem', ...trusting, '--purpose', 'client'))[0]).toBe(0);
    expect((await cert('chain', 'pki/client.pem', '--ca', 'pki/agences-root.pem'))[0]).toBe(1);
  });

  test('MTLS-7: a name that is not its own, and a key that others can read', async () => {
    const other = await cert(
      'handshake',
      partner,
      ...trusting,
      ...showing('client'),
      '--name',
      'autre.example',
    );
    expect(other).toEqual([1, expect.stringContaining('api.external-system.com')]);
    await on('install', '-m', '644', `${folder}/pki/client.key`, '/var/tmp/client.key');
    expect((await cert('match', '/var/tmp/client.key', 'pki/client.pem'))[1]).toContain('cert.file.open');
  });

  test('all at once, of the partner as the description has it', async () => {
    const { stdout, code } = await poterne('cert', 'doctor', 'api');
    expect([code, stdout]).toEqual([0, expect.stringContaining('api.external-system.com')]);
  });
});
