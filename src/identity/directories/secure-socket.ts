import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import type { LdapServer } from './server.ts';

/** TLS could not be agreed: the server offers none, or something stands between. */
export class NoTls extends Error {
  override readonly name = 'NoTls';
}

/** The server did not answer in time. */
export class Silent extends Error {
  override readonly name = 'Silent';
}

/**
 * A verified TLS connection to a directory's server: the versions and the roots of the context (`trust.ts`), the described name in the
 * certificate (RFC 4513 §3.1.3). No setting and no environment turns this off.
 *
 * StartTLS (RFC 4511 §4.14) is spoken here, since whatever a server (or somebody between) says before TLS must not be taken for
 * something said inside it: a byte beyond its answer refuses the connection.
 */
export async function secureSocket(
  server: LdapServer,
  secureContext: SecureContext,
  milliseconds: number,
): Promise<TLSSocket> {
  const { host, port, startTls } = server;
  const tcp = connectTcp({ host, port, autoSelectFamily: true });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Silent(`${milliseconds} ms`)), milliseconds);
      }),
      (async () => {
        await happens(tcp, 'connect');
        tcp.setNoDelay(true);
        if (startTls) await askForTls(tcp);
        const tls = connectTls({
          socket: tcp,
          host,
          ...(isIP(host) ? {} : { servername: host }),
          secureContext,
          rejectUnauthorized: true,
        });
        await happens(tls, 'secureConnect');
        return tls;
      })(),
    ]);
  } catch (error) {
    tcp.on('error', () => undefined);
    tcp.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function happens(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const closed = () => reject(new NoTls('closed'));
    const failed = (error: Error) => reject(error);
    socket.once(event, () => {
      socket.off('error', failed);
      socket.off('close', closed);
      resolve();
    });
    socket.once('error', failed);
    socket.once('close', closed);
  });
}

const oid = '1.3.6.1.4.1.1466.20037';

/** LDAPMessage { 1, ExtendedRequest { requestName } }, in BER. */
const request = Buffer.concat([
  Buffer.from([0x30, oid.length + 7, 0x02, 0x01, 0x01, 0x77, oid.length + 2, 0x80, oid.length]),
  Buffer.from(oid, 'latin1'),
]);

async function askForTls(socket: Socket): Promise<void> {
  const { BerReader } = await import('ldapts');
  const answer = await new Promise<Buffer>((resolve, reject) => {
    let heard = Buffer.alloc(0);
    const end = (act: () => void) => {
      socket.off('data', listen);
      socket.off('close', closed);
      socket.off('error', failed);
      socket.pause();
      act();
    };
    const closed = () => end(() => reject(new NoTls('closed')));
    const failed = (error: Error) => end(() => reject(error));
    const listen = (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes]);
      const length = messageLength(heard);
      if (length === 'none' || heard.length > 4096) end(() => reject(new NoTls('not LDAP')));
      else if (length === 'unknown' || heard.length < length) return;
      else if (heard.length > length) end(() => reject(new NoTls('data before TLS')));
      else end(() => resolve(heard));
    };
    socket.on('data', listen);
    socket.once('close', closed);
    socket.once('error', failed);
    socket.write(request);
  });
  const reader = new BerReader(answer);
  let code: number | null;
  let text = '';
  try {
    reader.readSequence();
    if (reader.readInt() !== 1) throw new NoTls('not its answer');
    reader.readSequence(0x78);
    code = reader.readEnumeration();
    reader.readString();
    text = reader.readString() ?? '';
  } catch (cause) {
    throw new NoTls('not LDAP', { cause });
  }
  if (code !== 0) throw new NoTls(text === '' ? `LDAP ${code}` : text);
}

/** How long the LDAP message that begins here is, its header too. */
function messageLength(bytes: Buffer): number | 'unknown' | 'none' {
  if (bytes.length > 0 && bytes[0] !== 0x30) return 'none';
  const first = bytes[1];
  if (first === undefined) return 'unknown';
  if (first < 0x80) return 2 + first;
  const size = first & 0x7f;
  if (size === 0 || size > 4) return 'none';
  if (bytes.length < 2 + size) return 'unknown';
  return 2 + size + bytes.readUIntBE(2, size);
}
