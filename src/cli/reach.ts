import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { managementIdentity } from '../daemon/management.ts';
import { type Reach, whereWeAre } from '../daemon/reach.ts';
import type { Host, Site } from '../model/site.ts';
import { type CommonOptions, command } from './command.ts';
import { type Context, controllerFolder } from './context.ts';
import { WrongRequest } from './exit.ts';

/** Options of the commands that reach machines. */
export interface ReachOptions extends CommonOptions {
  readonly here?: string;
  readonly sshConfig?: string;
}

/** Adds what says where this machine stands, and how ssh is used. */
export function reaching(command: Command, { t }: Context): Command {
  return command
    .addOption(new Option('--here <host>', t('reach.here')))
    .addOption(new Option('--ssh-config <file>', t('reach.ssh-config')).env('POTERNE_SSH_CONFIG'));
}

/** Options of the commands that ask a gateway. */
export interface GatewayOptions extends ReachOptions {
  readonly site: string;
}

/** A command that asks the gateway of a description, over SSH, or this machine's. */
export function gatewayCommand(
  context: Context,
  name: string,
  about: Parameters<typeof command>[2],
  examples: readonly string[],
): Command {
  return reaching(command(context, name, about, examples), context).option(
    '--site <file>',
    context.t('run.site'),
    'site.yaml',
  );
}

/** How the machines of a site are reached from this one. Throws `host.undescribed` for a name that no host has. */
export function reachOf(site: Site, { here, sshConfig, state }: ReachOptions): Reach {
  const name = whereWeAre(site, here === undefined ? undefined : hostNamed(site, here).name);
  const reach: Reach = {
    settings: sshConfig === undefined ? {} : { config: resolve(sshConfig) },
    ...(name === undefined ? {} : { here: name }),
  };
  const identity = managementIdentity(site, reach, controllerFolder(state, process.env));
  return identity ? { ...reach, settings: { ...reach.settings, identity } } : reach;
}

/** The described host of this name. Throws `host.undescribed`. */
export function hostNamed({ hosts }: Site, name: string): Host {
  const host = hosts.find((each) => each.name === name);
  if (host) return host;
  throw new WrongRequest('host.undescribed', { name, names: hosts.map((each) => each.name).join(', ') });
}
