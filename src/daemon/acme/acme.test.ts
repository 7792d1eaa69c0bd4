import { X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ask,
  eventually,
  faultOf,
  gatewayUp,
  head,
  makeRig,
  port,
  poterne,
  type Rig,
  startService,
} from '../../apply/testing.ts';
import { freePorts } from '../../lib/testing-ports.ts';
import { type Pebble, startPebble } from '../../pki/acme/testing.ts';
import { acmeCertificateFile } from '../../pki/acme-files.ts';
import { adoptCandidate, keepCandidate, provedWrong } from './adopt.ts';
import { noteOf, takeNote } from './review.ts';

// A gateway as `poterne up` runs it, and Pebble.

const upstream = port(90);
let pebble: Pebble;

beforeAll(async () => {
  pebble = await startPebble({ httpPort: port(0), badNonces: 20 });
});
afterAll(() => pebble.stop());

const yaml = (rig: Rig, directory = pebble.directory) => `${head(rig.ports)}
services:
  app: { url: "http://127.0.0.1:${upstream}", healthy: { path: / } }
acme: { directory: "${directory}", trust: ${pebble.trust}, terms: agreed }
publications:
  own.example.fr: { service: app, audience: everyone }
  one.example.fr: { service: app, audience: everyone, tls: { acme: { certificate: both } } }
  two.example.fr: { service: app, audience: everyone, tls: { acme: { certificate: both, names: [two.example.fr, www.example.fr] } } }
`;

/** One request by a visitor who trusts Pebble's root alone. */
const visit = async (rig: Rig, name: string) =>
  ask({ port: rig.ports.https, name, ca: [await pebble.root()] });

/** Asks again and again, until told to stop; gives how often, and what went wrong. */
function visiting(rig: Rig, name: string) {
  let goesOn = true;
  const wrong: string[] = [];
  let count = 0;
  const loop = async () => {
    while (goesOn) {
      count++;
      await visit(rig, name).then(
        ({ status }) => status === 200 || wrong.push(String(status)),
        (error) => wrong.push(String(error)),
      );
    }
  };
  const loops = Promise.all([loop(), loop(), loop()]);
  return async () => {
    goesOn = false;
    await loops;
    return { count, wrong };
  };
}

const renewal = async (rig: Rig, ...more: string[]) => {
  const command = poterne(['cert', 'renew', '--json', '--state', rig.state, ...more]);
  const code = await command.ended;
  return { code, said: command.said() };
};

test('certificates are obtained, served, rehearsed and renewed while others are visited without a loss', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  await rig.write('site.yaml', yaml(rig));
  const command = await gatewayUp(rig);
  const stop = visiting2(rig);
  expect(await rig.get('own.example.fr')).toMatchObject({ status: 200 });
  const first = await eventually(
    () => visit(rig, 'one.example.fr').catch(() => undefined),
    () => command.said(),
  );
  expect(first).toMatchObject({ status: 200, body: 'welcome' });
  // Looked at before the order was made; our own name server does not know the name, and Pebble's does.
  expect(command.said()).toContain('one.example.fr has no address');
  // One certificate for both, and for the name that nobody publishes.
  expect(await visit(rig, 'two.example.fr')).toMatchObject({ status: 200, fingerprint: first.fingerprint });
  const file = acmeCertificateFile(rig.state, 'shared-both');
  expect(new X509Certificate(await readFile(file)).subjectAltName).toContain('DNS:www.example.fr');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(rig.state, 'acme', 'account.key'))).mode & 0o777).toBe(0o600);

  // Any token is answered, under the names of certificates only; what is not a challenge is led on.
  expect(await plain(rig, 'www.example.fr', '/.well-known/acme-challenge/any_TOKEN-1')).toMatch(
    /^200 any_TOKEN-1\.[\w-]{43}$/,
  );
  expect(await plain(rig, 'own.example.fr', '/.well-known/acme-challenge/any')).toMatch(/^308/);
  expect(await plain(rig, 'one.example.fr', '/a')).toMatch(/^308/);
  expect(await plain(rig, 'www.example.fr', '/a')).toMatch(/^ECONNRESET|^hang/);
  expect(await stop()).toMatchObject({ wrong: [] });

  const rehearsed = await renewal(rig, '--dry-run', 'two.example.fr');
  expect(rehearsed.said).toContain('"outcome":"validated"');
  expect(rehearsed.code).toBe(0);
  expect((await visit(rig, 'one.example.fr')).fingerprint).toBe(first.fingerprint);
  expect((await renewal(rig, 'nobody.example.fr')).said).toContain('acme.renew.unknown');

  const end = visiting(rig, 'one.example.fr');
  const forced = await renewal(rig, '--force');
  expect(forced.said).toContain('"outcome":"renewed"');
  const second = await visit(rig, 'one.example.fr');
  expect(second.fingerprint).not.toBe(first.fingerprint);
  // Then by itself, at its time: the server has advised that it is now.
  const past = { start: Date.now() - 60_000, end: Date.now() - 30_000 };
  await takeNote(rig.state, 'shared-both', {
    ...(await noteOf(rig.state, 'shared-both')),
    advice: { window: past, again: Date.now() + 3_600_000 },
  });
  command.child.kill('SIGHUP');
  const third = await eventually(
    async () => {
      const { fingerprint } = await visit(rig, 'one.example.fr');
      return fingerprint !== second.fingerprint && fingerprint;
    },
    () => command.said(),
  );
  expect(third).not.toBe(first.fingerprint);
  const seen = await end();
  expect(seen.wrong).toEqual([]);
  expect(seen.count).toBeGreaterThan(100);
  // Keys and their files stay between the gateway and its disk.
  expect(command.said()).not.toContain('PRIVATE KEY');
  expect((await readdir(join(rig.state, 'acme', 'certificates'))).sort()).toEqual([
    'shared-both.json',
    'shared-both.pem',
  ]);
  command.child.kill('SIGTERM');
  expect(await command.ended).toBe(0);

  /** Visits of the name that has its certificate from the start. */
  function visiting2(of: Rig) {
    let goesOn = true;
    const wrong: string[] = [];
    const loop = (async () => {
      while (goesOn)
        await of.get('own.example.fr').then(
          ({ status }) => status === 200 || wrong.push(String(status)),
          (error) => wrong.push(String(error)),
        );
    })();
    return async () => {
      goesOn = false;
      await loop;
      return { wrong };
    };
  }
});

test('a server that is away keeps nobody from serving, and says what to do', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const [nobody] = await freePorts(1);
  const { site } = await rig.describe(yaml(rig, `https://localhost:${nobody}/dir`));
  expect(site.acme?.certificates).toHaveLength(1);
  const applied = poterne(['apply', rig.file, '--state', rig.state]);
  expect(await applied.ended).toBe(0);
  expect(applied.said()).toContain('one.example.fr, two.example.fr, www.example.fr');
  expect(applied.said()).toContain('poterne cert renew');
  expect(await rig.get('own.example.fr')).toMatchObject({ status: 200 });
  const refused = await renewal(rig);
  expect(refused.code).toBe(1);
  expect(refused.said).toContain('acme.unreachable');
  await expect(visit(rig, 'one.example.fr')).rejects.toThrow(/unrecognized name|alert/i);
  expect(await rig.get('own.example.fr')).toMatchObject({ status: 200 });
});

test('what was obtained and is no good never takes the place of what serves', async () => {
  const rig = await makeRig();
  const { site } = await rig.describe(yaml(rig));
  const [certificate] = site.acme?.certificates ?? [];
  if (!site.acme || !certificate) throw new Error('the site asks for one');
  const file = acmeCertificateFile(rig.state, certificate.id);
  const issue = async (names: readonly string[], days = 30) => {
    const { certificate: chain, key } = await rig.theirs.issue(names, days, new Date());
    return { chain, key, pem: `${key.trimEnd()}\n${chain}` };
  };
  const good = await issue(certificate.names);
  const other = await issue(certificate.names);
  const now = new Date();
  expect(provedWrong(good.pem, certificate.names, now)).toBeUndefined();
  expect(provedWrong(other.key + good.chain, certificate.names, now)).toBe('another key');
  expect(provedWrong(good.pem, ['three.example.fr'], now)).toBe('not for three.example.fr');
  expect(provedWrong(good.pem, certificate.names, new Date(now.getTime() + 31 * 86_400_000))).toMatch(
    /expired/,
  );
  expect(provedWrong(good.pem + good.chain, certificate.names, now)).toMatch(/did not follow/);
  expect(provedWrong('', certificate.names, now)).toBe('no certificate');

  const adopt = (refused: readonly string[]) => {
    let served = 0;
    const serve = async () => (served++ === 0 ? refused : []);
    return adoptCandidate(rig.state, site.acme as never, certificate, ['one_example_fr'], serve);
  };
  await keepCandidate(rig.state, certificate, { certificate: good.chain, key: good.key });
  await adopt([]);
  expect(await readFile(file, 'utf8')).toBe(good.pem);
  // nginx would not have the next one; and the one after that is another name's.
  await keepCandidate(rig.state, certificate, { certificate: other.chain, key: other.key });
  expect((await faultOf(adopt(['one_example_fr']))).code).toBe('acme.unserved');
  expect(await readFile(file, 'utf8')).toBe(good.pem);
  await writeFile(`${file}.new`, (await issue(['x.example.fr'])).pem);
  expect((await faultOf(adopt([]))).code).toBe('acme.unproved');
  expect(await readFile(file, 'utf8')).toBe(good.pem);
});

test('a publication that is kept has its certificate renewed all the same; one that is no certificate keeps the earlier one', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const ca = await rig.write('ca.pem', rig.theirs.root);
  const trusting = yaml(rig).replace(
    'services:',
    `services:\n  other: { url: "https://127.0.0.1:9", trust: { ca: ${ca}, name: other.lan }, healthy: { path: / } }`,
  );
  const described = trusting.replace(
    'one.example.fr: { service: app,',
    'one.example.fr: { routes: { /: { service: app }, /other/: { service: other } },',
  );
  const issue = async () => {
    const names = ['one.example.fr', 'two.example.fr', 'www.example.fr'];
    const { certificate, key } = await rig.theirs.issue(names, 30, new Date());
    return {
      pem: `${key.trimEnd()}\n${certificate}`,
      fingerprint: new X509Certificate(certificate).fingerprint256,
    };
  };
  const file = acmeCertificateFile(rig.state, 'shared-both');
  const [first, second] = [await issue(), await issue()];
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, first.pem);
  expect((await rig.apply(described)).outcome).toBe('applied');
  const shown = async () =>
    Promise.all(['one', 'two'].map(async (name) => (await rig.get(`${name}.example.fr`)).fingerprint));
  expect(await shown()).toEqual([first.fingerprint, first.fingerprint]);
  await rm(ca);
  await writeFile(file, second.pem);
  const kept = await rig.apply(described);
  expect([kept.outcome, kept.findings.map(({ code }) => code)]).toEqual([
    'partial',
    ['engine.refused.publication'],
  ]);
  expect(await shown()).toEqual([second.fingerprint, second.fingerprint]);
  // Half of it is lost.
  await rig.write('ca.pem', rig.theirs.root);
  await writeFile(file, second.pem.slice(0, 100));
  expect((await rig.apply(described)).outcome).toBe('partial');
  expect(await shown()).toEqual([second.fingerprint, second.fingerprint]);
});

/** What plain http answers: status and body, or what became of the connection. */
function plain(rig: Rig, name: string, path: string): Promise<string> {
  return new Promise((resolve) => {
    const asked = request(
      { host: '127.0.0.1', port: rig.ports.http, path, headers: { host: name }, agent: false },
      (answer) => {
        let body = '';
        answer.on('data', (part) => {
          body += part;
        });
        answer.on('end', () => resolve(`${answer.statusCode} ${body}`));
      },
    );
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end();
  });
}
