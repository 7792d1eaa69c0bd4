import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Lab } from '../lab/lab.ts';
import { ownPackages } from '../src/hosts/own-packages.ts';

/** Installs Poterne's Debian package on a host of the lab, as its administrator would. */
export async function installPoterne(lab: Lab, name: string): Promise<void> {
  const { poterne } = await ownPackages(() => {});
  await promisify(execFile)('scp', ['-q', '-F', lab.sshConfig, poterne.file, `${name}:/root/poterne.deb`]);
  // What an installed Poterne brings to a gateway is what it finds beside itself.
  const beside = `/usr/lib/poterne/dist/poterne_${poterne.version}_amd64.deb`;
  for (const argv of [
    ['apt-get', 'install', '--yes', '/root/poterne.deb'],
    ['cp', '/root/poterne.deb', beside],
  ]) {
    const { code, stderr } = await lab.host(name).run(argv, { timeout: 240_000 });
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr}`);
  }
}
