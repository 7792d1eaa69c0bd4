import { runSession } from './session.ts';

/** The program that sshd starts for each session on a bastion; a bundle of its own, for each of them loads it. */
process.exitCode = await runSession(process.env).catch((error: unknown) => {
  process.stderr.write(`poterne: ${(error as Error).message}\n`);
  return 255;
});
// What may still wait to be written is to somebody who does not read.
setTimeout(() => process.kill(process.pid, 'SIGKILL'), 500).unref();
process.exit();
