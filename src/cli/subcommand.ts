import type { Command } from 'commander';
import { message } from '../model/message.ts';
import { WrongRequest } from './exit.ts';

const shared = ['json', 'state', 'lang'];

/**
 * A subcommand of `poterne run` where a script of that name may have been meant: what was said before it is of a script that is
 * run, and would be passed over. Throws `run.script.named`.
 */
export function onlySubcommand(made: Command): void {
  const { parent } = made;
  const given = parent?.options.filter(
    (option) =>
      !shared.includes(option.attributeName()) &&
      parent.getOptionValueSource(option.attributeName()) === 'cli',
  );
  const first = given?.[0];
  if (!first) return;
  const params = { name: made.name(), option: first.long ?? '' };
  throw new WrongRequest('run.script.named', params, { next: message('run.script.named.next', params) });
}
