import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where a certificate is asked for. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** Asked for by SNI. */
  readonly name?: string;
  /** TLS begins when a mail server has been asked for it (RFC 3207). */
  readonly starttls?: boolean;
}

/** The certificate that a server shows, whatever one thinks of it. Throws an error that says why none was seen. */
export async function shownCertificate(place: Place, patience: number): Promise<X509Certificate> {
  const { host, port, starttls } = place;
  const name = place.name ?? host;
  const socket = connectTcp({ host, port });
  socket.setTimeout(patience, () => socket.destroy(new Error('ETIMEDOUT')));
  const limit = setTimeout(() => socket.destroy(new Error('ETIMEDOUT')), patience);
  try {
    if (starttls) await askForTls(socket);
    return await new Promise((resolve, reject) => {
      const secure = connectTls({
        socket,
        rejectUnauthorized: false,
        ...(isIP(name) ? {} : { servername: name }),
        // Servers of before are what this is to find.
        minVersion: 'TLSv1.2',
      });
      // Some servers end here because we show no certificate; theirs has come by then.
      const shown = () => secure.getPeerX509Certificate();
      secure.once('secureConnect', () => {
        const certificate = shown();
        if (certificate) resolve(new X509Certificate(certificate.raw));
        else reject(new Error('no certificate'));
      });
      const refused = (error: Error) => {
        const certificate = shown();
        if (certificate) resolve(new X509Certificate(certificate.raw));
        else reject(error);
      };
      secure.once('error', refused);
      secure.once('close', () => refused(new Error('ECONNRESET')));
      socket.once('error', reject);
    });
  } finally {
    clearTimeout(limit);
    socket.destroy();
  }
}

/** Has a mail server begin TLS. */
async function askForTls(socket: Socket): Promise<void> {
  await answered(socket, '220');
  socket.write('EHLO poterne.invalid\r\n');
  await answered(socket, '250');
  socket.write('STARTTLS\r\n');
  await answered(socket, '220');
}

/** Waits for the last line of an answer with this code; the most that is read is what such answers need. */
function answered(socket: Socket, code: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const end = (error?: Error) => {
      socket.off('data', hear).off('error', end).off('close', close);
      if (error) reject(error);
      else resolve();
    };
    const close = () => end(new Error('ECONNRESET'));
    const hear = (bytes: Buffer) => {
      said += bytes.toString('latin1');
      const last = /^(\d{3}) .*\r?\n$/m.exec(said);
      if (last) end(last[1] === code ? undefined : new Error(`SMTP ${last[1]}`));
      else if (said.length > 16_384) end(new Error('SMTP'));
    };
    socket.on('data', hear).once('error', end).once('close', close);
  });
}
