import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { atEnd, eventually, gatewayUp, head, makeRig, port, type Rig } from '../../apply/testing.ts';
import { searchAudit } from '../../audit/search.ts';
import { directSocket } from '../../lib/direct-socket.ts';
import { targetOf } from './target.ts';
import { application, cutting, every, goOn, type Live, live, run, upstream } from './testing.ts';

// Real connections that go on and on, over a real nginx under a real daemon: what is cut off ends, the rest does not notice.

const secure = port(91);

const yaml = (ports: Rig['ports'], more = '', services = '') =>
  `${head(ports)}services: { app: { url: "http://127.0.0.1:${upstream}", events: [/events, /ws] }${services} }
publications:
  one.example.fr: { service: app, audience: everyone, uploads: 100MB }
  two.example.fr: { service: app, audience: everyone, uploads: 100MB }
${more}`;

async function started(
  more = '',
  services = '',
): Promise<{ rig: Rig; daemon: () => ChildProcess; again: () => Promise<void> }> {
  const rig = await makeRig();
  await application();
  await rig.write('site.yaml', yaml(rig.ports, more, services));
  let daemon = await gatewayUp(rig);
  return {
    rig,
    daemon: () => daemon.child,
    again: async () => {
      daemon = await gatewayUp(rig);
    },
  };
}

test('a publication is cut off at once, its live connections too; its neighbour notices nothing', async () => {
  const { rig, daemon, again } = await started();
  const [one, two] = [await every(rig, 'one.example.fr'), await every(rig, 'two.example.fr')];
  await goOn([...one, ...two]);

  const receipt = await cutting(rig, 'one.example.fr', one);
  expect(receipt.ended.publications).toEqual({ 'one.example.fr': 4 });
  expect(receipt.ended.addresses).toEqual({ '127.0.0.1': 4 });
  const refused = await rig.get('one.example.fr');
  expect([refused.status, refused.body]).toEqual([503, expect.stringMatching(/cut off/i)]);
  expect(refused.body).not.toContain('an incident');
  expect(await rig.get('two.example.fr')).toMatchObject({ status: 200, body: 'welcome' });
  await goOn(two);

  // The daemon is killed, nginx is killed, and everything starts again, with another configuration.
  daemon().kill('SIGKILL');
  await once(daemon(), 'close').catch(() => undefined);
  expect((await rig.get('one.example.fr')).status).toBe(503);
  process.kill((await rig.master()) as number, 'SIGKILL');
  await rig.write('site.yaml', yaml(rig.ports, '  three.example.fr: { service: app, audience: everyone }\n'));
  await again();
  expect((await rig.get('one.example.fr')).status).toBe(503);
  expect((await rig.get('three.example.fr')).status).toBe(200);
  expect((await run(rig, 'cut', '--list')).said).toMatch(/one\.example\.fr.*an incident/);

  expect((await run(rig, 'restore', 'one.example.fr')).status).toBe(0);
  expect((await rig.get('one.example.fr')).status).toBe(200);
  expect((await run(rig, 'restore', 'one.example.fr')).status).toBe(1);
  const logged = [];
  for await (const { what, to, result } of searchAudit(rig.state, {})) logged.push(`${what} ${to} ${result}`);
  expect(logged.filter((line) => /^(cut|restore)/.test(line))).toEqual([
    'cut one.example.fr done',
    'restore one.example.fr done',
  ]);
});

test('the command does it itself when the daemon is dead, and when it hangs', async () => {
  const { rig, daemon, again } = await started();
  daemon().kill('SIGKILL');
  const one = await every(rig, 'one.example.fr');
  const two = await every(rig, 'two.example.fr');
  await cutting(rig, 'one.example.fr', one);
  await goOn(two);
  expect((await rig.get('one.example.fr')).status).toBe(503);
  // A lost file is made again by the daemon that comes.
  await run(rig, 'restore', 'one.example.fr');
  expect((await rig.get('one.example.fr')).status).toBe(200);
  await again();
  daemon().kill('SIGSTOP');
  try {
    await cutting(rig, 'all', two);
    expect((await rig.get('two.example.fr')).status).toBe(503);
  } finally {
    daemon().kill('SIGCONT');
  }
});

test('an address, a network, and everything; and each ends by itself', async () => {
  const { rig } = await started();
  const [mine, theirs] = [
    await live(rig, 'one.example.fr', 'events', '127.0.0.7'),
    await live(rig, 'two.example.fr', 'websocket', '127.0.0.8'),
  ];
  const receipt = await cutting(rig, 'address:127.0.0.7', [mine], '--for', '4s');
  expect(receipt.ended.addresses).toEqual({ '127.0.0.7': 1 });
  await goOn([theirs]);
  expect((await rig.get('one.example.fr')).status).toBe(200);
  const shut = await live(rig, 'one.example.fr', 'events', '127.0.0.7', 'Connection: close\r\n');
  await eventually(() => shut.ended !== undefined);
  await cutting(rig, 'address:127.0.0.0/28', [theirs]);
  expect((await rig.get('one.example.fr')).status).toBe(503);
  await run(rig, 'restore', 'address:127.0.0.0/28');
  expect((await rig.get('one.example.fr')).status).toBe(200);
  // Its time has come.
  await eventually(async () => !existsSync(join(rig.state, 'cut/addresses/127.0.0.7')));
  await live(rig, 'one.example.fr', 'events', '127.0.0.7');

  const all = await every(rig, 'two.example.fr');
  await cutting(rig, 'all', all, '--say');
  expect((await rig.get('two.example.fr')).body).toContain('an incident');
  for (const name of ['one.example.fr', 'two.example.fr']) expect((await rig.get(name)).status).toBe(503);
  await rig.write('site.yaml', yaml(rig.ports, '  three.example.fr: { service: app, audience: everyone }\n'));
  expect((await run(rig, 'reload')).status).toBe(0);
  expect((await rig.get('three.example.fr')).status).toBe(503);
  await run(rig, 'restore', 'all');
  for (const name of ['one.example.fr', 'three.example.fr']) expect((await rig.get(name)).status).toBe(200);
});

test('what is asked wrongly is said before anything is done', async () => {
  const said = (text: string) => targetOf(text, undefined);
  expect(said('nowhere.example.fr')).toMatchObject({ code: 'cut.unknown' });
  expect(said('address:10.0.0.0/8')).toMatchObject({ code: 'cut.address.wide' });
  expect(said('address:everywhere')).toMatchObject({ code: 'cut.address' });
  expect(said('user:')).toMatchObject({ code: 'cut.user' });
  expect(said('user:carol@ad')).toEqual({ kind: 'user', name: 'carol@ad' });
  // As it is written in a hurry: who is cut off is called as their source calls them.
  expect(said('user: Alice ')).toEqual({ kind: 'user', name: 'alice' });
  expect(said('user:Zoe\u0301@Example.fr@Entra')).toEqual({
    kind: 'user',
    name: 'zo\u00e9@example.fr@Entra',
  });
  expect(said('address:2001:DB8::7')).toEqual({ kind: 'address', name: '2001:db8::7/128' });
  const rig = await makeRig();
  const { status, said: text } = await run(rig, 'cut', 'all', '--json');
  expect([status, JSON.parse(text).fault.code]).toEqual([2, 'cut.reason.missing']);
  expect((await run(rig, 'cut', '--list', '--json')).said.trim()).toBe('[]');
});

test('what is passed through is cut off by name and by address, and after a restart', async () => {
  const { rig } = await started(
    `  tunnel.example.fr: { service: secure, scenario: direct, audience: everyone }\n`,
    `, secure: { url: "https://127.0.0.1:${secure}" }`,
  );
  const { certificate: cert, key } = await rig.theirs.issue(['tunnel.example.fr'], 30, new Date());
  const server = createServer({ cert, key }, (socket) => {
    socket.on('error', () => undefined).resume();
    const timer = setInterval(() => socket.write('data: again'), 50);
    socket.once('close', () => clearInterval(timer));
  }).listen(secure, '127.0.0.1');
  atEnd(async () => void server.close());
  const stay = (from?: string) => live(rig, 'tunnel.example.fr', 'events', from);
  const tunnel = await stay();
  let web = await live(rig, 'one.example.fr', 'events');
  const receipt = await cutting(rig, 'tunnel.example.fr', [tunnel]);
  expect(receipt.ended.publications).toEqual({ 'tunnel.example.fr': 1 });
  await goOn([web]);
  const hangsUp = () =>
    Promise.race([stay(), delay(3000)]).then(
      () => false,
      () => true,
    );
  expect(await hangsUp()).toBe(true);
  const master = (await rig.master()) as number;
  process.kill(master, 'SIGKILL');
  // Its workers answer until another comes, and end then with all that they have.
  await eventually(async () => ![undefined, master].includes(await rig.master()));
  await eventually(async () => (await rig.get('one.example.fr').catch(() => undefined))?.status === 200);
  // It has made the socket anew, and that is put aside again.
  await eventually(hangsUp);
  // As it is found for a moment when an engine starts.
  const socket = join(rig.state, 'nginx', directSocket('tunnel_example_fr'));
  let late: Live | undefined;
  await eventually(async () => {
    await rename(`${socket}.cut`, socket);
    late = (await Promise.race([stay(), delay(500)])) || undefined;
    return late !== undefined;
  });
  await eventually(() => late?.ended !== undefined);
  await run(rig, 'restore', 'tunnel.example.fr');
  const [again, theirs] = [await stay('127.0.0.7'), await stay('127.0.0.8')];
  web = await live(rig, 'one.example.fr', 'events');
  await cutting(rig, 'address:127.0.0.7', [again]);
  await goOn([theirs, web]);
  const after = await stay('127.0.0.7').catch(() => undefined);
  await eventually(() => !after || after.ended !== undefined);
  // What nginx decrypts stands behind the same port, and is not the same connection for the kernel.
  await cutting(rig, 'one.example.fr', [web]);
  await goOn([theirs]);
});
