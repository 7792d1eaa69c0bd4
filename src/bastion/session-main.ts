import { runSession } from './session.ts';

/** The program that sshd starts for each session on a bastion; a bundle of its own, for each of them loads it. */
void runSession(process.env)
  .catch((error: unknown) => {
    process.stderr.write(`poterne: ${(error as Error).message}\n`);
    return 255;
  })
  .then((status) => process.exit(status));
