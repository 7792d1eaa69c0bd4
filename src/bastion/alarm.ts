import { spawn } from 'node:child_process';

/** Tells everybody who is logged in to this machine, on their terminals. Nobody being there is no failure. */
export async function tellTerminals(text: string): Promise<void> {
  // One line: what somebody gave as a reason must not look like another message.
  const line = text.replaceAll(/\p{Cc}/gu, ' ');
  await new Promise<void>((resolve) => {
    const wall = spawn('wall', ['--nobanner', '--timeout', '2'], { stdio: ['pipe', 'ignore', 'ignore'] });
    wall.once('error', () => resolve());
    wall.once('close', () => resolve());
    wall.stdin.on('error', () => undefined);
    wall.stdin.end(`${line}\n`);
  });
}
