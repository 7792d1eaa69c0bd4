import { randomBytes } from 'node:crypto';
import type { SshSettings } from '../../hosts/ssh.ts';
import type { SshTarget } from '../../hosts/target.ts';
import { sha256 } from '../../lib/digest.ts';
import type { Bundle, HostReport } from '../../model/bundle.ts';
import { Fault } from '../../model/fault.ts';
import { type Message, message } from '../../model/message.ts';
import { type Manifest, manifestOf } from './manifest.ts';
import { decode, listen } from './report.ts';
import { converse } from './session.ts';

/** How a host is converged. */
export interface ConvergeOptions {
  readonly settings: SshSettings;
  /** `plan` compares only, and writes nothing on the host. */
  readonly mode: 'plan' | 'apply';
  /** Names of parts that are compared only. */
  readonly hold?: readonly string[];
  /** Seconds to wait for others at work on the host: another Poterne, a program that installs packages. Default 120. */
  readonly patience?: number;
  /** Told what is being done, as it is done. */
  readonly tell?: (step: Message) => void;
  readonly signal?: AbortSignal;
}

/**
 * Compares a host with its bundle, and makes it so, over one connection: the manifest goes first, then only the contents
 * that the host lacks. A part that fails is in the report and leaves the others be; what keeps the host from being
 * worked on at all is thrown. Parts reported `unconfirmed` go back by themselves unless `confirmHost` is called in time.
 */
export async function convergeHost(
  target: SshTarget,
  bundle: Bundle,
  { settings, mode, hold = [], patience = 120, tell = () => undefined, signal }: ConvergeOptions,
): Promise<HostReport> {
  const begin = Date.now();
  const manifest = await manifestOf(bundle, hold);
  const token = randomBytes(16).toString('hex');
  const listener = listen(bundle, manifest.secrets, tell);
  const needs: (readonly string[])[] = [];
  const input = Buffer.byteLength(manifest.text);
  const session = {
    words: [mode, String(input), sha256(manifest.text), token, String(patience)],
    input: manifest.text,
    hear: (fields: readonly string[]) => {
      const [verb, what, said] = fields;
      if (verb === 'need') needs.push(fields.slice(1));
      else if (verb === 'send') return contents(manifest, needs);
      else if (verb === 'waiting')
        tell(message(waits[what ?? ''] ?? 'apply.host.waits.lock', { host: bundle.host }));
      else if (verb === 'broken') throw broken(target, what, decode(said));
      else if (!listener.hear(fields)) throw new Error(`${target.name} said "${fields.join(' ')}"`);
      return undefined;
    },
  };
  await converse(target, settings, session, signal);
  return { host: bundle.host, parts: listener.reports(), token, milliseconds: Date.now() - begin };
}

/**
 * Keeps what a host reported as `unconfirmed`, over a new connection: that it can be made is what is confirmed. Throws
 * `host.rolled.back` when the host has put a part back already.
 */
export async function confirmHost(
  target: SshTarget,
  settings: SshSettings,
  report: Pick<HostReport, 'token' | 'parts'>,
  signal?: AbortSignal,
): Promise<void> {
  const waiting = new Set(
    report.parts.filter((part) => part.outcome === 'unconfirmed').map((part) => part.name),
  );
  if (waiting.size === 0) return;
  const session = {
    words: ['confirm', report.token],
    input: '',
    hear: ([verb, name = '']: readonly string[]) => {
      if (verb === 'confirmed') waiting.delete(name);
      return undefined;
    },
  };
  await converse(target, settings, session, signal);
  if (waiting.size === 0) return;
  const params = { host: target.name, parts: [...waiting].join(', ') };
  throw new Fault('host.rolled.back', params, { next: message('host.rolled.back.next', params) });
}

const waits = { lock: 'apply.host.waits.lock', dpkg: 'apply.host.waits.dpkg' } as Readonly<
  Record<string, 'apply.host.waits.lock' | 'apply.host.waits.dpkg'>
>;

/** What the host asked for, one after another: it knows their sizes. */
async function* contents(
  manifest: Manifest,
  needs: readonly (readonly string[])[],
): AsyncGenerator<Uint8Array> {
  for (const [part, kind, name = ''] of needs) {
    const content = manifest.content(Number(part), kind as 'file' | 'package', name);
    if (content instanceof Uint8Array) yield content;
    else yield* content as AsyncIterable<Uint8Array>;
  }
}

/** Why the host did not begin with any part. */
function broken(target: SshTarget, what: string | undefined, said: string): Fault {
  const params = { host: target.name, reason: said.trim().split('\n').at(-1) ?? '' };
  const full = /No space left on device/i.test(said);
  const code =
    what === 'lock'
      ? 'host.locked'
      : what === 'disk'
        ? full
          ? 'host.disk.full'
          : 'host.unwritable'
        : 'host.garbled';
  return new Fault(code, params, { next: message(`${code}.next`, params) });
}
