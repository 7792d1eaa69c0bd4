import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { eventually, gatewayUp, head, makeRig, port, startService } from '../../apply/testing.ts';
import { peopleAt } from './testing-people.ts';

// A whole gateway on a disk of its own, which is filled up while people are in. Only root may mount one.

const password = 'violet harbour 19 staples';
const disk = mkdtempSync(join(tmpdir(), 'poterne-disk-'));
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=0755', 'poterne-disk', disk]);
process.env.TMPDIR = disk;
afterAll(() => {
  execFileSync('umount', ['--lazy', disk]);
  return rm(disk, { recursive: true });
});

/** Writes until nothing more fits. */
async function fill(): Promise<string> {
  const path = join(disk, 'filler');
  const file = await open(path, 'w');
  try {
    for (let size = 1 << 20; size >= 1; size >>= 1)
      for (let i = 0; i < 64; i++)
        if (
          !(await file.write(Buffer.alloc(size)).then(
            ({ bytesWritten }) => bytesWritten === size,
            () => false,
          ))
        )
          break;
  } finally {
    await file.close().catch(() => undefined);
  }
  return path;
}

test('on a disk that is full whoever signs in is refused with a page, anonymous visitors go on, and all comes back', async () => {
  const rig = await makeRig();
  await startService(port(90), 'the application');
  const yaml = `${head(rig.ports)}
people: { alice: { groups: [staff] }, bob: { groups: [staff] } }
sign-in: { at: portail.example.fr }
services: { app: { url: "http://127.0.0.1:${port(90)}" } }
publications:
  open.example.fr: { service: app, audience: everyone }
  erp.example.fr: { service: app, audience: [ { groups: [staff] } ] }
`;
  await rig.write('site.yaml', yaml);
  const { site } = await rig.describe(yaml);
  const daemon = await gatewayUp(rig);
  const { at, browser, givePassword, signIn } = peopleAt(rig);
  for (const name of ['alice', 'bob']) await givePassword(site, name, password);
  const { made: alice, done } = await signIn('alice', password);
  expect(done.status).toBe(303);
  expect((await alice.go(at('erp.example.fr'))).body).toBe('the application');

  const filler = await fill();
  for (let i = 0; i < 3; i++) {
    expect((await browser().fetch(at('open.example.fr'))).body).toBe('the application');
    const bob = await signIn('bob', password);
    expect([bob.page.status, bob.done.status], daemon.said()).toEqual([200, 503]);
    expect(bob.done.headers['content-type']).toContain('text/html');
    const came = await alice.go(at('erp.example.fr'));
    expect([200, 503], daemon.said()).toContain(came.status);
  }
  await rm(filler);
  const back = await eventually(async () => {
    const tried = await signIn('bob', password);
    return tried.done.status === 303 && tried;
  }, daemon.said);
  expect((await back.made.go(at('erp.example.fr'))).body).toBe('the application');
  expect((await alice.go(at('erp.example.fr'))).body).toBe('the application');
});
