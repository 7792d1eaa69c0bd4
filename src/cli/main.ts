import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { installation } from '../hosts/installation.ts';
import { languageOption } from './command.ts';
import { commands } from './commands.ts';
import { contextOf } from './context.ts';
import { endWith } from './errors.ts';
import { speaking } from './usage.ts';

// What engines' unprivileged workers must read is made with modes that say so; secrets name theirs.
process.umask(0o022);

// Whoever reads may stop reading (`poterne plan | head`): what is being done is still done, and the status tells how.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

const args = process.argv.slice(2);
const asked = /(?:^|\0)--lang[=\0]([^\0]+)/.exec(args.join('\0'))?.[1];
const context = contextOf(asked ? { ...process.env, POTERNE_LANG: asked } : process.env);

const { version } = JSON.parse(readFileSync(join(installation, 'package.json'), 'utf8'));
const program = speaking(new Command('poterne'), context)
  .description(context.t('cli.about'))
  .usage(context.t('cli.usage.commands'))
  .version(version, '-V, --version', context.t('cli.version'))
  .addOption(languageOption(context))
  .helpOption('-h, --help', context.t('cli.help'))
  .helpCommand(false)
  // What stands after a command is that command's.
  .enablePositionalOptions()
  .addHelpText('after', `\n${context.t('cli.start')}`);

/** Does what was asked for. */
async function main(): Promise<void> {
  // Loading all of them takes longer than most of what they do: only the one that is asked for is.
  const named = commands.filter(([name]) => name === args[0]);
  for (const [, load, options] of named.length > 0 ? named : commands)
    program.addCommand((await load())(context), options);
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = endWith(context, error, args.includes('--json'));
  }
}

// Not awaited here: the bundle is no ES module.
void main();
