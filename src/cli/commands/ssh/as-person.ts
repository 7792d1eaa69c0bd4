import type { Command } from 'commander';
import { bastionHost } from '../../../bastion/client.ts';
import { message } from '../../../model/message.ts';
import type { Site } from '../../../model/site.ts';
import type { Context } from '../../context.ts';
import { WrongRequest } from '../../exit.ts';
import { type ReachOptions, reaching } from '../../reach.ts';

/** The options of what one person does, through a bastion. */
export interface PersonOptions extends ReachOptions {
  readonly site: string;
  readonly me?: string;
}

/** Adds what says who asks, and by which description. */
export function asPerson(made: Command, context: Context): Command {
  const { t } = context;
  return reaching(made, context)
    .option('--site <file>', t('run.site'), 'site.yaml')
    .option('--me <person>', t('ssh.me'));
}

/** Throws `ssh.bastion.missing` when there is none that is set up. */
export function requireBastion(site: Site): void {
  if (!site.bastion?.hostAuthority || !bastionHost(site))
    throw new WrongRequest('ssh.bastion.missing', {}, { next: message('ssh.bastion.missing.next') });
}
