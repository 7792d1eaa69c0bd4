import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { check, openFolder, stage, testAuthority } from './testing-gateway.ts';
import { situations } from './testing-sites.ts';

// What is served over http is tried with a real ACME server in src/daemon/acme; here, names of every kind.

test.each([false, true])('nginx takes names of every kind over ACME (stand-ins: %s)', async (standIns) => {
  const { site, facts } = situations.acme as (typeof situations)[string];
  const authority = await testAuthority('acme');
  const prefix = await openFolder();
  try {
    const gateway = { ...site.gateway, listen: ['127.0.0.1'], httpPort: 19_996, httpsPort: 19_997 };
    const known = facts.acme ? { acme: facts.acme } : {};
    const folder = await stage({ ...site, gateway }, prefix, authority, standIns, known);
    const { code, output } = await check(prefix, folder);
    expect([code, output]).toEqual([0, expect.not.stringContaining('[emerg]')]);
    // The stand-in of a regular expression answers under its example, which a server of names has too: both do the same.
    if (!standIns) expect(output).not.toContain('[warn]');
  } finally {
    await rm(prefix, { recursive: true, force: true });
  }
});
