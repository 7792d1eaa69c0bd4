import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { installation } from '../hosts/installation.ts';
import { languageOption } from './command.ts';
import { apply } from './commands/apply.ts';
import { audit } from './commands/audit.ts';
import { bastion } from './commands/bastion.ts';
import { check } from './commands/check.ts';
import { demo } from './commands/demo.ts';
import { docs } from './commands/docs.ts';
import { get } from './commands/get.ts';
import { hosts } from './commands/hosts.ts';
import { plan } from './commands/plan.ts';
import { put } from './commands/put.ts';
import { reload } from './commands/reload.ts';
import { run } from './commands/run.ts';
import { schema } from './commands/schema.ts';
import { ssh } from './commands/ssh.ts';
import { status } from './commands/status.ts';
import { stop } from './commands/stop.ts';
import { up } from './commands/up.ts';
import { verify } from './commands/verify.ts';
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
for (const make of [
  demo,
  check,
  plan,
  apply,
  verify,
  run,
  put,
  get,
  hosts,
  ssh,
  audit,
  status,
  up,
  reload,
  stop,
  docs,
  schema,
])
  program.addCommand(make(context));
// Its services call it, nobody else.
program.addCommand(bastion(context), { hidden: true });

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = endWith(context, error, args.includes('--json'));
}
