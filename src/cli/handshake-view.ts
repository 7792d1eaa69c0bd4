import { called } from '../doctor/certificate.ts';
import type { Shake } from '../doctor/handshake/client.ts';
import type { HandshakeReport } from '../doctor/handshake/index.ts';
import { chainLine, type Detail } from './cert-view.ts';
import type { Context } from './context.ts';

/** What was agreed, what went over the wire, and what OpenSSL says of it. */
export function shakeDetails(
  context: Context,
  { address, shake, chain, http }: HandshakeReport,
): readonly Detail[] {
  const agreed = shake && [shake.version, shake.cipher, shake.group].filter(Boolean).join(', ');
  return [
    ...(address === undefined ? [] : [['cert.fact.address', address] as const]),
    ...(agreed ? [['cert.fact.agreed', agreed] as const] : []),
    ...(shake && shake.messages.length > 0
      ? [['cert.fact.transcript', transcript(context, shake, http).join('\n')] as const]
      : []),
    ...(shake?.verify ? [['cert.fact.verify', verdict(shake.verify)] as const] : []),
    ...(chain ? [chainLine(context, chain)] : []),
  ];
}

function verdict({ number, text }: NonNullable<Shake['verify']>): string {
  return `verify return code ${number} (${text})`;
}

/** What a ServerHello chose (RFC 5246 §7.4.1.3), where the handshake went no further: OpenSSL's label is the newest that it has. */
const oldVersions: Readonly<Record<number, string>> = { 768: 'SSLv3', 769: 'TLSv1', 770: 'TLSv1.1' };

/** The messages that tell something, one in a line; what both ends always send is left out. */
function transcript({ t }: Context, shake: Shake, http: HandshakeReport['http']): readonly string[] {
  const none = t('cert.transcript.none');
  const shown = (some: Shake['served'] | undefined) =>
    some?.map((each, n) => `${n} ${called(each)}`).join(', ') || none;
  const alerts = [...shake.alerts];
  const lines = shake.messages.flatMap(({ from, name, version, bytes }) => {
    const line = (text: string) => [`${from === 'client' ? '→' : '←'} ${name.padEnd(18)} ${text}`.trimEnd()];
    switch (name) {
      case 'ClientHello':
        return line('');
      case 'ServerHello':
        return line(shake.version ?? oldVersions[bytes.length > 5 ? bytes.readUInt16BE(4) : 0] ?? version);
      case 'CertificateRequest':
        return line(shake.accepts?.join('; ') ?? '');
      case 'Certificate':
        return line(shown(from === 'client' ? shake.shown : shake.served));
      case 'CertificateVerify':
      case 'Finished':
        return line('');
      case 'Alert': {
        const alert = alerts.shift();
        return alert ? line(`${alert.fatal ? 'fatal' : 'warning'} ${alert.name} (${alert.number})`) : [];
      }
      default:
        return [];
    }
  });
  return http ? [...lines, `← ${'HTTP'.padEnd(18)} ${http.status} ${http.reason}`] : lines;
}

/** A handshake for programs. */
export function shakeJson({ address, shake, http }: HandshakeReport): object {
  if (!shake) return address === undefined ? {} : { address };
  const { version, cipher, group, alpn, verify, accepts, served, shown, alerts, complaint } = shake;
  const brief = (some: Shake['served']) =>
    some.map(({ subject, issuer, sha256 }) => ({ subject, issuer, sha256 }));
  return {
    address,
    handshake: {
      ...{ version, cipher, group, alpn, verify, accepts, alerts, complaint },
      asked: accepts !== undefined,
      served: brief(served),
      ...(shown ? { shown: brief(shown) } : {}),
      ...(http ? { http: { status: http.status, reason: http.reason } } : {}),
      messages: shake.messages.map(({ from, name, bytes }) => ({ from, name, bytes: bytes.length })),
    },
  };
}
