import { expect, test } from 'vitest';
import {
  eventually,
  gatewayUp,
  head,
  makeRig,
  port,
  poterne,
  type Rig,
  says,
  startService,
} from '../apply/testing.ts';
import type { Finding } from '../model/finding.ts';
import type { Message } from '../model/message.ts';
import type { Site } from '../model/site.ts';
import { status } from './status.ts';
import { type Attempt, supervise } from './supervise.ts';

const upstream = port(90);

const yaml = (rig: Rig, name = 'one') => `${head(rig.ports)}
services:
  app: { url: "http://127.0.0.1:${upstream}" }
publications:
  ${name}.example.fr: { service: app, audience: everyone }
`;

const answers = (rig: Rig, name = 'one.example.fr') =>
  eventually(async () => (await rig.get(name).catch(() => undefined))?.status === 200);

test('Ctrl-C finishes the requests in progress, ends the engine and leaves nothing behind', async () => {
  const rig = await makeRig();
  await startService(upstream, (request, response) => {
    setTimeout(() => response.end('done'), request.url === '/slow' ? 2500 : 0);
  });
  await rig.write('site.yaml', yaml(rig));
  const command = await gatewayUp(rig);
  await answers(rig);
  const slow = rig.get('one.example.fr', '/slow');
  await new Promise((resolve) => setTimeout(resolve, 300));
  command.child.kill('SIGINT');
  expect(await slow).toMatchObject({ status: 200, body: 'done' });
  expect(await command.ended, command.said()).toBe(0);
  expect(command.said()).toContain('Finishing the requests in progress');
  expect(await rig.master()).toBeUndefined();
  await expect(rig.get('one.example.fr')).rejects.toThrow(/ECONNREFUSED/);
});

test('when "poterne up" is killed the engine serves on, and a new one adopts it', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  await rig.write('site.yaml', yaml(rig));
  const first = await gatewayUp(rig);
  const master = await rig.master();
  first.child.kill('SIGKILL');
  await first.ended;
  expect(await rig.get('one.example.fr')).toMatchObject({ status: 200, body: 'welcome' });
  const second = await gatewayUp(rig);
  expect(await rig.master()).toBe(master);
  second.child.kill('SIGTERM');
  expect(await second.ended).toBe(0);
  expect(await rig.master()).toBeUndefined();
});

test('an engine that is killed is started again within seconds', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  await rig.write('site.yaml', yaml(rig));
  const command = await gatewayUp(rig);
  for (let n = 0; n < 2; n++) {
    const master = (await rig.master()) as number;
    process.kill(master, 'SIGKILL');
    await eventually(async () => ![undefined, master].includes(await rig.master()));
    await answers(rig);
  }
  expect(command.said()).toContain('the engine is not running; starting it again');
});

test('SIGHUP has the description read again; one with errors is said, and what is served goes on', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  await rig.write('site.yaml', yaml(rig));
  const command = await gatewayUp(rig);
  const master = await rig.master();
  await rig.write('site.yaml', yaml(rig, 'two'));
  command.child.kill('SIGHUP');
  await answers(rig, 'two.example.fr');
  await rig.write('site.yaml', yaml(rig, 'three').replace('audience', 'audiance'));
  command.child.kill('SIGHUP');
  await says(command, 'did you mean "audience"');
  expect(command.said()).toContain('site.yaml:7');
  await answers(rig, 'two.example.fr');
  await rig.write('site.yaml', yaml(rig, 'three'));
  command.child.kill('SIGHUP');
  await answers(rig, 'three.example.fr');
  expect(await rig.master()).toBe(master);
});

test('a gateway that starts with a description full of errors says them and serves what was last good', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  await rig.apply(yaml(rig));
  process.kill((await rig.master()) as number, 'SIGTERM');
  await eventually(async () => (await rig.master()) === undefined);
  await rig.write('site.yaml', yaml(rig, 'two').replace('service: app', 'service: nowhere'));
  const command = await gatewayUp(rig);
  expect(command.said()).toContain('nowhere');
  expect(command.said()).toContain('the last good configuration is being served');
  expect(await rig.get('one.example.fr')).toMatchObject({ status: 200, body: 'welcome' });
  await rig.write('site.yaml', yaml(rig, 'two'));
  command.child.kill('SIGHUP');
  await answers(rig, 'two.example.fr');
});

/** Supervises in this process; `describe` gives the site, or nothing when the description has errors. */
function supervised(rig: Rig, describe: () => Promise<Site | undefined>) {
  const ending = new AbortController();
  const told: Message['code'][] = [];
  const findings: Finding[] = [];
  let ready = 0;
  let waiting = 0;
  let listening = 0;
  let ask: () => Promise<Attempt>;
  const ended = supervise(rig.gateway, {
    describe,
    tell: ({ code }) => told.push(code),
    report: (found) => findings.push(...found),
    fail: ({ code }) => told.push(code),
    ready: () => ready++,
    waiting: () => waiting++,
    signal: ending.signal,
    reloads: (hear) => {
      listening++;
      ask = () => new Promise((answer) => hear({ answer }));
    },
  });
  return {
    ended,
    told,
    findings,
    stop: () => ending.abort(),
    ready: () => ready,
    waiting: () => waiting,
    listening: () => listening,
    ask: () => ask(),
  };
}

test('requests to read the description again are heard from the beginning, also during the first apply', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const { site } = await rig.describe(yaml(rig));
  const heard: number[] = [];
  const gateway = supervised(rig, async () => {
    await Promise.resolve();
    heard.push(gateway.listening());
    return site;
  });
  await eventually(() => gateway.ready() === 1);
  expect(heard).toEqual([1]);
  gateway.stop();
  await gateway.ended;
  expect(await rig.master()).toBeUndefined();
});

test('a gateway with nothing to serve yet says so and waits; it is ready with the first description that is good', async () => {
  const rig = await makeRig();
  let site: Site | undefined;
  const gateway = supervised(rig, async () => site);
  await eventually(() => gateway.waiting() === 1);
  expect(gateway.told).toContain('gateway.empty');
  expect(await gateway.ask()).toEqual({ kind: 'refused' });
  expect(gateway.ready()).toBe(0);
  await startService(upstream, 'welcome');
  ({ site } = await rig.describe(yaml(rig)));
  expect(await gateway.ask()).toMatchObject({ kind: 'applied', applied: { outcome: 'applied' } });
  expect(gateway.ready()).toBe(1);
  gateway.stop();
  await gateway.ended;
  expect(gateway.waiting()).toBe(1);
});

test('a publication that the engine refuses is reported, and the gateway is up with the others', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  const { site } = await rig.describe(
    `${yaml(rig)}  own.example.fr: { service: app, audience: everyone, tls: { certificate: no.pem, key: no.key } }\n`,
  );
  const gateway = supervised(rig, async () => site);
  await eventually(() => gateway.ready() === 1);
  expect(gateway.findings).toMatchObject([{ code: 'engine.refused.publication' }]);
  expect(await rig.get('one.example.fr')).toMatchObject({ status: 200 });
  const seen = await status(rig.gateway);
  expect(seen?.publications.map((p) => [p.name, p.standing])).toEqual([
    ['one.example.fr', 'current'],
    ['own.example.fr', 'stand-in'],
  ]);
  expect(seen?.engines).toMatchObject([{ running: true, pid: await rig.master() }]);
  gateway.stop();
  await gateway.ended;
});

test('a port taken by another program is said, and what was last good is served', async () => {
  const rig = await makeRig();
  await startService(upstream, 'welcome');
  await rig.apply(yaml(rig));
  await startService(port(3), 'somebody else');
  const { site } = await rig.describe(yaml({ ...rig, ports: { http: port(0), https: port(3) } }));
  const gateway = supervised(rig, async () => site);
  await eventually(() => gateway.ready() === 1);
  expect(gateway.told).toContain('gateway.port.busy');
  expect(await rig.get('one.example.fr')).toMatchObject({ status: 200 });
  gateway.stop();
  await gateway.ended;
});

test('a fault of apply is shown at the line of the description that it comes from', async () => {
  const rig = await makeRig();
  await rig.write('site.yaml', yaml(rig).replace('[127.0.0.1]', '[192.0.2.77]'));
  const apply = poterne(['apply', rig.file, '--state', rig.state]);
  expect(await apply.ended).toBe(1);
  expect(apply.said()).toContain('site.yaml:2:');
  expect(apply.said()).toContain('this machine has no address 192.0.2.77');
  expect(apply.said()).toContain('correct "listen:"');
  const json = poterne(['apply', rig.file, '--state', rig.state, '--json']);
  expect(await json.ended).toBe(1);
  expect(JSON.parse(json.said())).toMatchObject({
    fault: { code: 'gateway.address.absent', findings: [{ line: 2 }] },
  });
});
