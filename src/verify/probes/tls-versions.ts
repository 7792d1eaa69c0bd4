import type { TlsVersion } from '../../model/expectation.ts';
import { message } from '../../model/message.ts';
import { type Attempt, attempting, broken, kept, Trouble } from '../attempt.ts';
import type { ProbeFunction, ProbeOf } from '../probe.ts';
import { type Handshake, handshake, tlsMessage } from '../tls.ts';

/** A handshake with each version alone: the refused ones must all be refused by the server, an accepted one taken. */
export const tlsVersions: ProbeFunction<'tls-versions'> = (probe, context) =>
  attempting(context, async (attempt) => {
    const { refused, accepted } = probe;
    const log: string[] = [];
    for (const version of refused) {
      const result = await offer(probe, version, attempt);
      log.push(line(version, result));
      if (result.done) return broken(message('seen.versions.taken', { version }), log.join('\n'));
      const { kind, reason } = result.failure;
      if (kind === 'unoffered')
        return broken(message('seen.versions.unoffered', { version, reason }), log.join('\n'));
      // An open refusal or a hung up line is the server's no; anything else proves nothing about versions.
      if (kind !== 'refused' && kind !== 'closed')
        throw new Trouble(tlsMessage(result.failure), log.join('\n'));
    }
    for (const version of accepted) {
      const result = await offer(probe, version, attempt);
      log.push(line(version, result));
      if (result.done)
        return kept(
          message(refused.length ? 'seen.versions.held' : 'seen.versions.accepted', {
            version,
            refused: refused.join(', '),
          }),
          log.join('\n'),
        );
      if (result.failure.kind === 'not-tls') throw new Trouble(tlsMessage(result.failure), log.join('\n'));
    }
    return broken(message('seen.versions.none', { accepted: accepted.join(', ') }), log.join('\n'));
  });

async function offer(
  { door }: ProbeOf<'tls-versions'>,
  version: TlsVersion,
  attempt: Attempt,
): Promise<Handshake> {
  const result = await handshake(door, { sni: door.name, version }, attempt);
  if (result.done) result.socket.destroy();
  return result;
}

function line(version: TlsVersion, result: Handshake): string {
  return `${version}: ${result.done ? 'handshake done' : result.failure.reason || result.failure.kind}`;
}
