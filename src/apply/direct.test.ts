import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { prove, requireModules } from '../daemon/gateway.ts';
import nginx from '../engines/nginx/engine.ts';
import { expectations } from '../plan/planner.ts';
import { resumeLocally } from './executor.ts';
import { atEnd, eventually, faultOf, head, makeRig, port, type Rig, startService } from './testing.ts';

const plain = port(80);
const secure = port(81);

/** A service that shows its own certificate, says who it is, and repeats what it is sent on an upgraded connection. */
async function startSecure(rig: Rig): Promise<void> {
  const { certificate, key } = await rig.theirs.issue(['*.w.localhost'], 30, new Date());
  const server = createServer({ cert: certificate, key }, (_, response) =>
    response.end('the service itself'),
  );
  server.on('upgrade', (_, socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n');
    socket.pipe(socket);
  });
  server.listen(secure, '127.0.0.1');
  await once(server, 'listening');
  atEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
}

/** A description that publishes this, and only has the services that it names. */
const text = ({ ports }: Rig, publications: string) => `${head(ports)}services:
  app: { url: "http://127.0.0.1:${plain}" }
${publications.includes('service: own') ? `  own: { url: "https://127.0.0.1:${secure}", healthy: { path: /, contains: itself } }\n` : ''}publications:
${publications}`;
const app = (more = '') => `  app.w.localhost: { service: app, audience: everyone${more} }\n`;
const direct = (name: string, more = ', audience: everyone') =>
  `  "${name}": { service: own, scenario: direct${more} }\n`;

/** An established connection through the gateway that repeats what it is sent. */
async function open(rig: Rig, name: string): Promise<(text: string) => Promise<string>> {
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port: rig.ports.https,
    servername: name,
    ca: [rig.theirs.root],
  });
  atEnd(async () => {
    socket.destroy();
  });
  socket.setEncoding('utf8');
  socket.write(`GET / HTTP/1.1\r\nHost: ${name}\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n`);
  const [opened] = await once(socket, 'data');
  expect(opened).toContain('101');
  return async (text) => {
    socket.write(text);
    const [said] = await once(socket, 'data');
    return said;
  };
}

test('the https port goes to what passes names through and no visitor notices; connections outlive reloads', async () => {
  const rig = await makeRig();
  await startService(plain, 'the application');
  await startSecure(rig);
  const first = await rig.apply(text(rig, app()));
  expect(first).toMatchObject({ outcome: 'applied', started: true });

  let going = true;
  const failures: string[] = [];
  let asked = 0;
  const visitor = (async () => {
    while (going) {
      await rig.get('app.w.localhost').then(
        ({ status, body }) =>
          status === 200 && body === 'the application' ? asked++ : failures.push(`${status}`),
        (error) => failures.push(String(error)),
      );
    }
  })();

  const passing = await rig.apply(text(rig, app() + direct('mail.w.localhost')));
  expect(passing).toMatchObject({ outcome: 'applied', started: false, findings: [] });
  expect((await rig.get('mail.w.localhost')).body).toBe('the service itself');
  const repeat = await open(rig, 'mail.w.localhost');
  expect(await repeat('one')).toBe('one');

  // Another generation: old workers keep the connection, and nobody waits for them.
  const began = Date.now();
  await rig.apply(
    text(rig, app(', compression: false') + direct('mail.w.localhost') + direct('more.w.localhost')),
  );
  expect(Date.now() - began).toBeLessThan(10_000);
  expect(await repeat('two')).toBe('two');
  expect((await rig.get('more.w.localhost')).body).toBe('the service itself');

  going = false;
  await visitor;
  expect(failures).toEqual([]);
  expect(asked).toBeGreaterThan(5);

  // A third: workers of the first that still end what they have do not count.
  const back = await rig.apply(text(rig, app()));
  expect(back).toMatchObject({ outcome: 'applied', hash: first.hash });
  expect(await repeat('three')).toBe('three');
  await expect(rig.get('mail.w.localhost')).rejects.toThrow(/unrecognized name/);
  // Nothing listens that nothing asks for.
  expect((await readdir(`${rig.prefix}/run`)).filter((name) => name.endsWith('.sock'))).toEqual([
    'status.sock',
  ]);
});

test('a name that nginx refuses closes that publication alone', async () => {
  const rig = await makeRig();
  await startService(plain, 'the application');
  await startSecure(rig);
  const yaml = (regex: string) =>
    text(
      rig,
      `${app()}${direct('mail.w.localhost')}${direct(regex, `, example: v1.w.localhost, audience: everyone`)}`,
    );
  // What it means to JavaScript, PCRE takes for a bracket that is never closed.
  const bad = yaml('~^v[^]\\\\.w\\\\.localhost$');
  const refused = await rig.apply(bad);
  expect(refused.outcome).toBe('partial');
  expect(refused.places).toEqual([
    `${bad.split('\n').findIndex((l) => l.includes('v[^]')) + 1} engine.refused.publication`,
  ]);
  expect(refused.findings[0]).toMatchObject({ hint: { code: 'engine.refused.stand-in' } });
  expect(refused.findings[0]?.params.text).toMatch(/pcre/i);
  expect((await rig.get('app.w.localhost')).body).toBe('the application');
  expect((await rig.get('mail.w.localhost')).body).toBe('the service itself');
  await expect(rig.get('v1.w.localhost')).rejects.toThrow(/ECONNRESET|disconnected/);

  expect(await rig.apply(yaml('~^v[0-9]\\\\.w\\\\.localhost$'))).toMatchObject({ outcome: 'applied' });
  expect((await rig.get('v1.w.localhost')).body).toBe('the service itself');
  expect((await rig.get('v2.w.localhost')).body).toBe('the service itself');
});

test('a publication whose name and server are two files keeps both when one is refused', async () => {
  const rig = await makeRig();
  await startService(plain, 'the application');
  await startSecure(rig);
  const { certificate, key } = await rig.theirs.issue(['a1.w.localhost'], 30, new Date());
  await rig.write('a.pem', certificate);
  await rig.write('a.key', key);
  const regex = (name: string) => `"~^${name}[0-9]\\\\.w\\\\.localhost$"`;
  const yaml = text(
    rig,
    `  ${regex('a')}:
    { service: app, example: a1.w.localhost, audience: everyone, tls: { certificate: a.pem, key: a.key } }
  ${regex('.')}: { service: own, scenario: direct, example: b1.w.localhost, audience: everyone }
`,
  );
  expect(await rig.apply(yaml)).toMatchObject({ outcome: 'applied', findings: [] });
  const both = async () => {
    expect((await rig.get('a1.w.localhost')).body).toBe('the application');
    expect((await rig.get('b1.w.localhost')).body).toBe('the service itself');
  };
  await both();
  await rig.write('a.pem', 'not a certificate');
  const kept = await rig.apply(
    yaml.replace('service: app, example', 'service: app, compression: false, example'),
  );
  expect(kept.findings[0]).toMatchObject({ hint: { code: 'engine.refused.kept' } });
  await both();
});

test('a killed master leaves sockets, and the gateway comes back all the same', async () => {
  const rig = await makeRig();
  await startSecure(rig);
  await rig.apply(text(rig, direct('mail.w.localhost')));
  process.kill((await rig.master()) as number, 'SIGKILL');
  await eventually(async () => (await rig.master()) === undefined);
  expect(await resumeLocally(nginx, rig.state)).toMatchObject({ started: true });
  expect((await rig.get('mail.w.localhost')).body).toBe('the service itself');
});

test('what is promised of a direct publication is seen, from inside and from outside its audience', async () => {
  const rig = await makeRig();
  await startService(plain, 'the application');
  await startSecure(rig);
  const away = ', audience: { from: [10.255.0.0/16] }';
  const yaml = text(rig, app() + direct('mail.w.localhost') + direct('away.w.localhost', away));
  await rig.apply(yaml);
  const { site } = await rig.describe(yaml);
  const seen = async () => {
    const evidence = await prove(rig.gateway, site, expectations(site), { authorities: [rig.theirs.root] });
    return evidence
      .filter(({ about }) => about !== 'app.w.localhost')
      .map(({ expectation, held, seen: { code } }) => `${held ? 'held' : 'broken'} ${expectation} ${code}`);
  };
  expect(await seen()).toEqual([
    'held mail.w.localhost#resolves seen.resolves.localhost',
    'held mail.w.localhost#listens-https seen.listens.localhost',
    'held mail.w.localhost#certificate seen.certificate.held',
    'held mail.w.localhost/#answers seen.answers.content',
    'held away.w.localhost#resolves seen.resolves.localhost',
    'held away.w.localhost#listens-https seen.listens.localhost',
    'held away.w.localhost#certificate seen.outside.closed',
    'held away.w.localhost/#answers seen.outside.closed',
    'held gateway#refuses-handshake seen.handshake.refused',
    'held gateway#refuses-handshake-nameless seen.handshake.refused',
    'held gateway#refuses-host-http seen.host.closed',
  ]);

  // Opened by hand to everyone, while the description shuts them out.
  await rig.apply(yaml.replace(away, ', audience: everyone'));
  expect((await seen()).filter((line) => line.startsWith('broken'))).toEqual([
    'broken away.w.localhost#certificate seen.outside.open',
    'broken away.w.localhost/#answers seen.outside.open',
  ]);
});

test('a module that is not there is a fault at the word that needs it', async () => {
  const rig = await makeRig();
  const { site } = await rig.describe(text(rig, app() + direct('mail.w.localhost')));
  await requireModules(nginx, site);
  const lacking = {
    name: nginx.name,
    modules: () => nginx.modules(site).map((module) => ({ ...module, file: `${rig.folder}/none.so` })),
  };
  expect(await faultOf(requireModules(lacking, site))).toMatchObject({
    code: 'engine.module.missing',
    params: { package: 'libnginx-mod-stream' },
    pointer: '/publications/mail.w.localhost/scenario',
  });
  const { site: without } = await rig.describe(text(rig, app()));
  expect(nginx.modules(without)).toEqual([]);
});

test('so it does where a connection sends no faster than it may, and back', async () => {
  const rig = await makeRig();
  await startService(plain, 'the application');
  await rig.apply(text(rig, app()));
  const listens = async () =>
    (await readFile(`${rig.prefix}/current/publications/app_w_localhost.conf`, 'utf8')).match(
      /listen \S+ ssl/g,
    );
  const before = await listens();
  for (const more of [', limits: { upload: 2MB/s }', '']) {
    expect(await rig.apply(text(rig, app(more)))).toMatchObject({ outcome: 'applied', started: false });
    expect(await rig.get('app.w.localhost')).toMatchObject({ status: 200, body: 'the application' });
    if (more) expect(await listens()).toEqual([expect.stringContaining('https.sock')]);
  }
  expect(await listens()).toEqual(before);
});
