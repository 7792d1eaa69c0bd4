import { Command, Option } from 'commander';
import { languages } from '../model/site.ts';
import type { Context } from './context.ts';
import { speaking } from './usage.ts';

/** Options that every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly state?: string;
  readonly lang?: string;
}

/** `--lang`, which `main` looks at before anything is said. */
export function languageOption({ t }: Context): Option {
  return new Option('--lang <lang>', t('cli.lang')).choices(languages);
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
    .addOption(languageOption(context))
    .helpOption('-h, --help', t('cli.help'))
    .usage(t('cli.usage.options'))
    .addHelpText('after', `\n${t('cli.examples')}\n${examples.map((e) => `  $ poterne ${e}`).join('\n')}`);
  return speaking(made, context);
}

/** The same with the description's file as its argument. */
export function commandOnFile(...args: Parameters<typeof command>): Command {
  const { t } = args[0];
  return command(...args)
    .usage(t('cli.usage.file'))
    .argument('[file]', t('cli.file'), 'site.yaml');
}
