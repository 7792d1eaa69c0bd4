import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gatewayUp, head, makeRig, port, poterne, startService } from '../apply/testing.ts';
import { listenControl, readReloaded } from './control.ts';

const upstream = port(90);
const yaml = (name: string, more = '') =>
  `services: { app: { url: "http://127.0.0.1:${upstream}" } }\npublications:\n  ${name}.example.fr: { service: app, audience: everyone }\n${more}`;

const refused = async () => ({ kind: 'refused' as const, findings: [] });

test('reload waits until the description is served, and tells what is wrong where it stands', async () => {
  const rig = await makeRig();
  const write = (name: string, more = '') => rig.write('site.yaml', head(rig.ports) + yaml(name, more));
  const reload = async (...options: string[]) => {
    const command = poterne(['reload', '--state', rig.state, ...options]);
    return { status: await command.ended, said: command.said() };
  };
  await startService(upstream, 'welcome');
  await write('one');
  const up = await gatewayUp(rig);

  await write('two');
  expect(await reload()).toMatchObject({
    status: 0,
    said: expect.stringContaining('Applied: test is served'),
  });
  expect(await rig.get('two.example.fr')).toMatchObject({ status: 200 });
  const again = await reload('--json');
  expect([again.status, readReloaded(again.said)]).toMatchObject([
    0,
    { kind: 'applied', outcome: 'unchanged' },
  ]);

  await write(
    'two',
    '  own.example.fr: { service: app, audience: everyone, tls: { certificate: no.pem, key: no } }\n',
  );
  const partial = await reload('--json');
  const seen = readReloaded(partial.said);
  expect([partial.status, seen]).toMatchObject([1, { kind: 'applied', outcome: 'partial' }]);
  const error = seen?.findings.find(({ severity }) => severity === 'error');
  expect(error).toMatchObject({ pointer: '/publications/own.example.fr/tls' });
  expect(error).not.toHaveProperty('at');

  await write('three', 'services: {}\n');
  const refused = await reload();
  expect(refused).toMatchObject({ status: 2, said: expect.stringContaining('site.yaml:6:1') });
  expect(refused.said).toContain('what was last good is still being served');

  // A second daemon would fight with the first over the engine.
  const second = poterne(['up', rig.file, '--state', rig.state]);
  expect(await second.ended).toBe(1);
  expect(second.said()).toContain('a gateway runs on');
  const stop = poterne(['stop', '--state', rig.state]);
  expect([await stop.ended, stop.said()]).toEqual([1, expect.stringContaining('a gateway runs on')]);

  up.child.kill('SIGTERM');
  expect(await up.ended).toBe(0);
  const absent = await reload('--json');
  expect([absent.status, readReloaded(absent.said)]).toMatchObject([
    1,
    { kind: 'failed', fault: { code: 'daemon.absent' } },
  ]);
});

test('what a killed daemon left is no daemon', async () => {
  const rig = await makeRig();
  await writeFile(join(rig.state, 'control.sock'), '');
  const control = await listenControl(rig.state, refused, refused);
  await expect(listenControl(rig.state, refused, refused)).rejects.toMatchObject({
    code: 'daemon.running',
  });
  await control.close();
});

test.each([
  ['no JSON', '\u001b[2J'],
  ['another shape', '{"raw":{"kind":"applied","outcome":"applied","hash":"","findings":7}}'],
  ['another outcome', '{"raw":{"kind":"applied","outcome":"splendid","hash":"","findings":[]}}'],
  ['an unknown fault', '{"fault":{"code":"no.such","params":{}}}'],
  ['an unknown finding', '{"raw":{"kind":"refused","findings":[{"severity":"error","code":"constructor"}]}}'],
  ['an unknown hint', '{"raw":{"kind":"refused","findings":[{"code":"value.name","hint":{"code":"x"}}]}}'],
])('%s from a gateway is not taken for an answer', (_, said) => {
  expect(readReloaded(said)).toBeUndefined();
});
