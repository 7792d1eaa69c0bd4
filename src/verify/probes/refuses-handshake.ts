import type { TLSSocket } from 'node:tls';
import { message } from '../../model/message.ts';
import { attempting, broken, kept, Trouble } from '../attempt.ts';
import { printable } from '../excerpt.ts';
import type { ProbeFunction } from '../probe.ts';
import { handshake, tlsMessage } from '../tls.ts';

/** The alert for "I speak none of the versions you offer" (RFC 8446 §6.2): a refusal, but not one of the name. */
const protocolVersion = 70;

/**
 * The handshake for a name that nobody published, or without a name, is refused by an alert (usually
 * `unrecognized_name`, RFC 6066 §3) or by hanging up, before any certificate tells what else is here.
 */
export const refusesHandshake: ProbeFunction<'refuses-handshake'> = ({ door, sni }, context) =>
  attempting(context, async (attempt) => {
    const result = await handshake(door, sni === undefined ? {} : { sni }, attempt);
    if (result.done) {
      const names = certificateNames(result.socket);
      return broken(
        sni === undefined
          ? message('seen.handshake.nameless', { names })
          : message('seen.handshake.done', { sni, names }),
      );
    }
    const { kind, reason, alert } = result.failure;
    if (kind === 'closed') return kept(message('seen.handshake.closed'));
    if (kind === 'refused' && alert !== protocolVersion)
      return kept(message('seen.handshake.refused', { reason }));
    throw new Trouble(tlsMessage(result.failure));
  });

function certificateNames(socket: TLSSocket): string {
  const { subjectaltname, subject } = socket.getPeerCertificate();
  return printable(subjectaltname?.replaceAll('DNS:', '') || String(subject?.CN ?? '—'));
}
