import { spawn } from 'node:child_process';
import { readyFor, sshCommand } from '../hosts/ssh.ts';
import { sshFault } from '../hosts/ssh-faults.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { Host, Site } from '../model/site.ts';
import { type Network, openVantage, thisMachine } from '../verify/index.ts';
import { type Reach, targetOf } from './reach.ts';

/** Works with the network of a described machine. Throws `host.unreached` when nothing says how it is reached, `vantage.failed` without perl there, and ssh's faults. */
export async function fromVantage<T>(
  site: Site,
  host: Host,
  { settings, here }: Reach,
  work: (network: Network) => Promise<T>,
): Promise<T> {
  const { name } = host;
  if (name === here) return work(thisMachine);
  if (!host.ssh)
    throw new Fault(
      'host.unreached',
      { name },
      { pointer: host.pointer, next: message('host.unreached.next') },
    );
  const target = targetOf(site, host, here);
  await readyFor(target, settings);
  const network = await openVantage(
    name,
    (argv) => {
      const [program = '', ...rest] = sshCommand(target, settings, argv);
      return spawn(program, rest);
    },
    { explain: (stderr, status) => sshFault(target, stderr, status) },
  );
  try {
    return await work(network);
  } finally {
    await network.close();
  }
}
