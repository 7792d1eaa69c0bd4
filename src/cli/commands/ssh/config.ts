import type { Command } from 'commander';
import { clientFiles } from '../../../bastion/client.ts';
import { reachableBy } from '../../../lib/access.ts';
import type { Site } from '../../../model/site.ts';
import { command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { requireSite } from '../../description.ts';
import { whoIsHere } from '../../person.ts';
import { hostNamed } from '../../reach.ts';
import { asPerson, type PersonOptions, requireBastion } from './as-person.ts';

/** Where the lines of known_hosts are meant to be kept. */
const knownHosts = '~/.ssh/known_hosts.poterne';

/** Where somebody may only break the glass: whoever has to do so has no time for a configuration. */
function glassOf({ bastion }: Site, person: string) {
  const glass = bastion?.breakGlass;
  if (!glass?.people.includes(person)) return [];
  return glass.hosts.flatMap((host) => glass.as.map((account) => ({ host, account })));
}

/** `poterne ssh config`: what plain ssh needs. */
export function sshConfig(context: Context): Command {
  const { t, out, err } = context;
  const made = command(context, 'config', 'ssh.config.about', [
    'ssh config >> ~/.ssh/config',
    'ssh config --known-hosts > ~/.ssh/known_hosts.poterne',
  ]);
  return asPerson(made, context)
    .option('--known-hosts', t('ssh.config.only'))
    .action(async (options: PersonOptions & { readonly knownHosts?: boolean }) => {
      const { site } = await requireSite(context, options.site, options.json);
      requireBastion(site);
      const person = await whoIsHere(site, options.me);
      const reached = [...reachableBy(site, person), ...glassOf(site, person)];
      const machines = [...new Set(reached.map(({ host }) => host))].map((name) => {
        const accounts = new Set(reached.filter(({ host }) => host === name).map(({ account }) => account));
        const [account] = accounts;
        const host = hostNamed(site, name);
        return accounts.size === 1 && account !== undefined ? { host, account } : { host };
      });
      const files = clientFiles(site, person, machines, { knownHosts, key: '~/.ssh/poterne' });
      if (options.json) return out(JSON.stringify(files));
      out((options.knownHosts ? files.known : files.config).trimEnd());
      if (!options.knownHosts) err(t('ssh.config.known', { file: knownHosts }));
    });
}
