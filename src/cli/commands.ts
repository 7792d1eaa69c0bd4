import type { Command, CommandOptions } from 'commander';
import type { Context } from './context.ts';

type Load = () => Promise<(context: Context) => Command>;

/** Every command by its name, in the order of the help, and how it is loaded. */
export const commands: readonly (readonly [name: string, load: Load, options?: CommandOptions])[] = [
  ['demo', async () => (await import('./commands/demo.ts')).demo],
  ['check', async () => (await import('./commands/check.ts')).check],
  ['plan', async () => (await import('./commands/plan.ts')).plan],
  ['apply', async () => (await import('./commands/apply.ts')).apply],
  ['verify', async () => (await import('./commands/verify.ts')).verify],
  ['run', async () => (await import('./commands/run.ts')).run],
  ['mail', async () => (await import('./commands/mail.ts')).mail],
  ['job', async () => (await import('./commands/job.ts')).job],
  ['put', async () => (await import('./commands/put.ts')).put],
  ['get', async () => (await import('./commands/get.ts')).get],
  ['hosts', async () => (await import('./commands/hosts.ts')).hosts],
  ['ssh', async () => (await import('./commands/ssh.ts')).ssh],
  ['token', async () => (await import('./commands/token.ts')).token],
  ['cert', async () => (await import('./commands/cert.ts')).cert],
  ['cut', async () => (await import('./commands/cut.ts')).cut],
  ['restore', async () => (await import('./commands/cut.ts')).restore],
  ['ban', async () => (await import('./commands/ban.ts')).ban],
  ['waf', async () => (await import('./commands/waf.ts')).waf],
  ['user', async () => (await import('./commands/user.ts')).user],
  ['why', async () => (await import('./commands/why.ts')).why],
  ['who', async () => (await import('./commands/who.ts')).who],
  ['audit', async () => (await import('./commands/audit.ts')).audit],
  ['status', async () => (await import('./commands/status.ts')).status],
  ['up', async () => (await import('./commands/up.ts')).up],
  ['reload', async () => (await import('./commands/reload.ts')).reload],
  ['stop', async () => (await import('./commands/stop.ts')).stop],
  ['directory', async () => (await import('./commands/directory.ts')).directory],
  ['docs', async () => (await import('./commands/docs.ts')).docs],
  ['schema', async () => (await import('./commands/schema.ts')).schema],
  // Its services call it, nobody else.
  ['bastion', async () => (await import('./commands/bastion.ts')).bastion, { hidden: true }],
];
