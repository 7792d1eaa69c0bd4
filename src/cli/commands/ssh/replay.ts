import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { castEvent } from '../../../bastion/asciicast.ts';
import { openRecordings } from '../../../bastion/recordings.ts';
import { Fault } from '../../../model/fault.ts';
import { message } from '../../../model/message.ts';
import { type BastionOptions, bastionCommandLine, onBastion } from '../../bastion.ts';
import type { Context } from '../../context.ts';
import { WrongRequest } from '../../exit.ts';

interface ReplayOptions extends BastionOptions {
  readonly speed: string;
  readonly pause: string;
}

/** `poterne ssh replay`: a recording, as it was shown; what it writes drives the terminal as it did then. */
export function sshReplay(context: Context): Command {
  const { t } = context;
  return bastionCommandLine(context, 'replay', 'ssh.replay.about', [
    'ssh replay 20261125-191336-npa2n4',
    'ssh replay 20261125-191336-npa2n4 --speed 4 --pause 1',
    'ssh replay 20261125-191336-npa2n4 --json > session.cast',
  ])
    .argument('<session>', t('ssh.sessions.id'))
    .option('--speed <times>', t('ssh.replay.speed'), '1')
    .option('--pause <seconds>', t('ssh.replay.pause'), '5')
    .action(async (id: string, options: ReplayOptions) => {
      const [speed, pause] = [positive(options.speed), positive(options.pause)];
      const cast = await onBastion(
        context,
        options,
        ['ssh', 'replay', id],
        async (state) => {
          const file = (await openRecordings(state)).castOf(id);
          const text = file === undefined ? undefined : await readFile(file, 'utf8').catch(() => undefined);
          if (text === undefined) throw unknownSession(id);
          return text;
        },
        (printed) => printed,
      );
      if (options.json) process.stdout.write(cast);
      else await play(context, cast, speed, process.stdout.isTTY ? pause : 0);
    });
}

/** There is no such session. */
export function unknownSession(id: string): Fault {
  return new Fault('ssh.session.unknown', { id }, { next: message('ssh.session.unknown.next') });
}

function positive(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) throw new WrongRequest('ssh.replay.wrong', { value });
  return number;
}

/** Writes what was shown at the moments when it was, `speed` times as fast, pauses cut; all at once to what is no terminal. */
async function play({ err, t }: Context, cast: string, speed: number, pause: number): Promise<void> {
  let last = 0;
  for (const line of cast.split('\n').slice(1)) {
    const event = castEvent(line);
    if (!event) continue;
    const wait = Math.min((event.time - last) / speed, pause);
    last = event.time;
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    if (event.kind === 'o') process.stdout.write(event.data);
    else if (event.kind === 'm') err(t('ssh.replay.remark', { text: event.data }));
  }
  // A recording may have been cut in the middle of anything.
  if (process.stdout.isTTY) process.stdout.write('\u001b[0m\u001b[?25h\r\n');
}
