import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { head, makeRig, port, startService } from './testing.ts';

const upstream = port(90);
const run = promisify(execFile);

/** What testssl.sh says of one thing that it tried. */
interface Said {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** The parts of a run, side by side: each waits more for the network than it computes. */
const parts = [
  ['--std', '--server-preference'],
  ['--protocols', '--server-defaults', '--headers'],
  ['--vulnerable'],
];

test('testssl.sh finds nothing above LOW on a published name', { timeout: 300_000 }, async () => {
  const rig = await makeRig();
  // A page such as applications have: long enough to be compressed, with a cookie.
  await startService(upstream, (_, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('set-cookie', 'session=1; Secure; HttpOnly; SameSite=Lax');
    response.end(`<!doctype html><title>App</title>${'<p>A page of an application.</p>'.repeat(200)}`);
  });
  await rig.apply(`${head(rig.ports)}services:
  app: { url: "http://127.0.0.1:${upstream}" }
publications:
  app.localhost: { service: app, audience: everyone }
`);
  const root = await rig.write('root.pem', rig.gateway.authority.root);
  const said = await Promise.all(
    parts.map(async (part, n) => {
      const file = join(rig.folder, `testssl-${n}.json`);
      const fixed = ['--ip', '127.0.0.1', '--nodns', 'none', '--warnings', 'batch', '--fast', '--color', '0'];
      const argv = [
        ...fixed,
        ...part,
        '--add-ca',
        root,
        '--jsonfile',
        file,
        `app.localhost:${rig.ports.https}`,
      ];
      // It exits with the number of what it could not tell.
      await run('testssl', argv, { cwd: rig.folder }).catch((error: { stderr?: string }) => error);
      return JSON.parse(await readFile(file, 'utf8')) as Said[];
    }),
  );
  const all = said.flat();
  // All of it was tried.
  for (const id of [
    'TLS1_3',
    'cipher_order',
    'cert_chain_of_trust',
    'HSTS_time',
    'BREACH',
    'cipherlist_STRONG',
  ])
    expect(all.map((each) => each.id)).toContain(id);
  const bad = all.filter(({ severity }) => ['MEDIUM', 'HIGH', 'CRITICAL', 'FATAL'].includes(severity));
  expect(bad.map(({ id, severity, finding }) => `${severity} ${id}: ${finding}`)).toEqual([]);
});
