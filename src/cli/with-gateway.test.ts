import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localhost } from '../hosts/local.ts';
import { handedOn } from './with-gateway.ts';

test('root hands its language and colours on to another account, and no secrets', () => {
  const ours = { LANG: 'fr_FR.UTF-8', NO_COLOR: '1', POTERNE_SSH_CONFIG: '/root/c', PATH: '/usr/bin' };
  const secrets = {
    AWS_SECRET_ACCESS_KEY: 'x',
    SSH_AUTH_SOCK: '/run/a',
    HOME: '/root',
    NODE_OPTIONS: '-r x',
  };
  expect(handedOn({ ...ours, ...secrets })).toEqual(ours);
});

test.skipIf(process.getuid?.() !== 0)('the command that runs again sees none', async () => {
  const state = await mkdtemp(join(tmpdir(), 'poterne-owned-'));
  const seen = join(state, 'seen.cjs');
  await writeFile(seen, `require('fs').writeFileSync('${state}/environment', JSON.stringify(process.env));`);
  await chown(state, 65_534, 65_534);
  const module = join(import.meta.dirname, 'with-gateway.ts');
  const script = `process.argv.splice(1, 9, '${seen}'); process.execArgv.length = 0;
    const { withGateway } = await import('${module}'); await withGateway('${state}', async () => {});`;
  const loader = join(import.meta.dirname, '../../node_modules/tsx/dist/loader.mjs');
  await localhost.run([
    ...['env', 'CANARY=root-only', process.execPath, '--import', loader],
    ...['--input-type=module', '-e', script],
  ]);
  const { stdout } = await localhost.run(['cat', join(state, 'environment')]);
  await rm(state, { recursive: true });
  expect(JSON.parse(stdout)).toMatchObject({ POTERNE_STATE: state });
  expect(stdout).not.toContain('root-only');
});
