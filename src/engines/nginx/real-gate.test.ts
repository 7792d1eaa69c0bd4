import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { publication, service, site } from './testing.ts';
import { admit, guarded, type Judge, judge, signIn } from './testing-gate.ts';
import {
  type Ask,
  type Backend,
  backend,
  type RunningGateway,
  startGateway,
  testAuthority,
  told,
} from './testing-gateway.ts';

// A real nginx, on a machine that may have much else to do.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const authority = await testAuthority('Test CA');
let app: Backend;
let gateway: RunningGateway;
let daemon: Judge;

beforeAll(async () => {
  app = await backend('app');
  gateway = await startGateway(
    (ports) => ({
      ...site(
        [service('app', app.url)],
        [publication('open.localhost', 'app'), publication('erp.localhost', 'app', { audience: guarded() })],
        ports,
      ),
      signIn: signIn('sign-in.localhost'),
    }),
    authority,
  );
  daemon = await judge(join(gateway.state, 'entry/entry.sock'));
});

afterAll(async () => {
  await gateway?.stop();
  app?.close();
  daemon?.server.close();
});

beforeEach(() => {
  daemon.asked = [];
  daemon.answer = admit;
});

const as = (name: string, headers: Record<string, string> = {}): Ask => ({
  headers: { cookie: `__Host-poterne=${name}.secret`, ...headers },
});

describe('a guarded publication', () => {
  test('lets in whom the daemon lets in, and tells the service who that is', async () => {
    const seen = told(await gateway.get('erp.localhost', '/a', as('alice'))).headers;
    expect(seen).toMatchObject({ 'x-poterne-user': 'alice', 'x-poterne-groups': 'staff,admins' });
    expect(seen['x-poterne-jwt']).toBe('jwt-of-alice');
    expect(daemon.asked).toHaveLength(1);
  });
});
