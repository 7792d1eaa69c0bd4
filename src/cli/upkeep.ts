import type { Command } from 'commander';
import { command } from './command.ts';
import type { Context } from './context.ts';
import type { PresentOptions } from './present.ts';
import { reaching } from './reach.ts';
import type { PaceOptions } from './run-request.ts';

/** Options of the commands that keep something up on many hosts. */
export interface UpkeepOptions extends PresentOptions, PaceOptions {
  readonly site: string;
  readonly on?: string;
}

/** Of a run that is about files alone. */
export const emptyScript = Buffer.from('#!/bin/sh\n');

/** A command that does something on selected hosts, one after another or many at once, as a run does. */
export function upkeepCommand(
  context: Context,
  name: string,
  about: Parameters<Context['t']>[0],
  examples: readonly string[],
  usual: { readonly limit?: string; readonly batches?: string } = {},
): Command {
  const { t } = context;
  return reaching(command(context, name, about, examples), context)
    .option('--on <selector>', t('run.on'))
    .option('--site <file>', t('run.site'), 'site.yaml')
    .option('--limit <duration>', t('run.limit'), usual.limit ?? '1h')
    .option('--batches <sizes>', t('run.batches'), usual.batches)
    .option('--stop-at <share>', t('run.stop-at'))
    .option('--retries <number>', t('run.retries'), '2')
    .option('--parallel <number>', t('run.parallel'))
    .option('--yes', t('run.yes'));
}
