import type { SshTarget } from '../hosts/target.ts';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { RunOutcome, RunSpec } from '../model/run.ts';

/** What became of a host on which something went wrong. */
export function faultOutcome({ code, params, next }: Fault): RunOutcome & { readonly is: 'fault' } {
  return { is: 'fault', fault: message(code, params), ...(next ? { next } : {}) };
}

/** Something of this machine: its disk is full, say. */
export function localFault({ name }: SshTarget, error: unknown): Fault {
  const params = { host: name, reason: error instanceof Error ? error.message : String(error) };
  return new Fault('run.unwritten', params, { cause: error, next: message('run.unwritten.next') });
}

/** The connection broke once something had begun. */
export function lost({ name }: SshTarget, said: string, status: number | undefined): Fault {
  const params = { host: name, reason: said.trim().split('\n').at(-1) || `ssh ${status ?? 'SIGKILL'}` };
  return new Fault('run.lost', params, { next: message('run.lost.next', params) });
}

/** Why nothing was run on a host. */
export function broken(target: SshTarget, spec: RunSpec, [, what, said = '']: readonly string[]): Fault {
  const reason = Buffer.from(said, 'base64').toString('utf8').trim().split('\n').at(-1) ?? '';
  const params = { host: target.name, reason, account: spec.as ?? target.user ?? '' };
  if (what === 'place') return unplaced(params);
  const code =
    what === 'account'
      ? 'run.account.missing'
      : what === 'launch'
        ? 'run.unlaunched'
        : what === 'disk'
          ? /No space left on device/i.test(reason)
            ? 'run.host.full'
            : 'host.unwritable'
          : 'run.garbled';
  return new Fault(code, params, { next: message(`${code}.next`, params) });
}

/** Why a file was not put at its place: `place.sh` says it in a word and a path. */
export function unplaced({
  reason: said,
  ...params
}: Readonly<Record<'host' | 'reason' | 'account', string>>): Fault {
  const [word = '', path = ''] = said.split('\t');
  const code = {
    missing: 'place.missing',
    foreign: 'place.foreign',
    occupied: 'place.occupied',
    owner: 'place.owner',
    garbled: 'run.garbled',
    write: /No space left on device/i.test(path) ? 'run.host.full' : 'place.write',
  } as const;
  const chosen = Object.hasOwn(code, word) ? code[word as keyof typeof code] : 'run.garbled';
  const all = { ...params, path, reason: path || said };
  return new Fault(chosen, all, { next: message(`${chosen}.next`, all) });
}
