import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { apply } from './commands/apply.ts';
import { check } from './commands/check.ts';
import { demo } from './commands/demo.ts';
import { docs } from './commands/docs.ts';
import { plan } from './commands/plan.ts';
import { schema } from './commands/schema.ts';
import { status } from './commands/status.ts';
import { stop } from './commands/stop.ts';
import { up } from './commands/up.ts';
import { verify } from './commands/verify.ts';
import { contextOf } from './context.ts';
import { endWith, exit } from './errors.ts';

// What engines' unprivileged workers must read is made with modes that say so; secrets name theirs.
process.umask(0o022);

const args = process.argv.slice(2);
const asked = args[args.indexOf('--lang') + 1];
const context = contextOf(
  args.includes('--lang') && asked ? { ...process.env, POTERNE_LANG: asked } : process.env,
);

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const program = new Command('poterne')
  .description(context.t('cli.about'))
  .version(version, '-V, --version', context.t('cli.version'))
  .helpOption('-h, --help', context.t('cli.help'))
  .helpCommand(false)
  .configureHelp({ showGlobalOptions: false })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exit.done : exit.wrong));
for (const make of [demo, check, plan, apply, verify, status, up, stop, docs, schema]) {
  const made = make(context);
  made.exitOverride((error) => process.exit(error.exitCode === 0 ? exit.done : exit.wrong));
  program.addCommand(made);
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = endWith(context, error, args.includes('--json'));
}
