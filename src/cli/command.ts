import { Command, Option } from 'commander';
import type { Context } from './context.ts';

/** Options that every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly state?: string;
  readonly lang?: string;
}

/** A command whose help speaks the reader's language, with the options they all share and examples at the end. */
export function command(
  context: Context,
  name: string,
  about: Parameters<Context['t']>[0],
  examples: readonly string[],
): Command {
  const { t } = context;
  const made = new Command(name)
    .description(t(about))
    .addOption(new Option('--json', t('cli.json')))
    .addOption(new Option('--state <dir>', t('cli.state')))
    .addOption(new Option('--lang <lang>', t('cli.lang')).choices(['en', 'fr']))
    .helpOption('-h, --help', t('cli.help'))
    .addHelpText('after', `\n${t('cli.examples')}:\n${examples.map((e) => `  $ poterne ${e}`).join('\n')}`);
  return made;
}

/** The same with the description's file as its argument. */
export function commandOnFile(...args: Parameters<typeof command>): Command {
  return command(...args).argument('[file]', args[0].t('cli.file'), 'site.yaml');
}
