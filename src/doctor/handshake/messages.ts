import * as x509 from '../../pki/x509.ts';
import { type Certificate, parseCertificate } from '../certificate.ts';

/** One message of a handshake as OpenSSL writes it down (`s_client -msg`), decrypted. */
export interface TlsMessage {
  readonly from: 'client' | 'server';
  /** `TLS 1.3`: of the record or handshake, as OpenSSL labels it. */
  readonly version: string;
  /** `ClientHello`, `Certificate`, `Alert`. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** An alert (RFC 8446 §6). */
export interface Alert {
  readonly from: 'client' | 'server';
  readonly fatal: boolean;
  readonly number: number;
  readonly name: string;
}

/** What went over the wire before encryption hid nothing from either end. */
export interface Transcript {
  readonly messages: readonly TlsMessage[];
  /** As the server sent them, in order. */
  readonly served: readonly Certificate[];
  /** As this side sent them; absent when it was never asked. */
  readonly shown?: readonly Certificate[];
  /** Distinguished names of the authorities whose certificates the server says it accepts; absent when it asked for none. */
  readonly accepts?: readonly string[];
  /** The OCSP response that the server stapled, in DER. */
  readonly staple?: Buffer;
  readonly alerts: readonly Alert[];
}

const alertNames: Readonly<Record<number, string>> = {
  ...{ 0: 'close_notify', 10: 'unexpected_message', 20: 'bad_record_mac', 40: 'handshake_failure' },
  ...{ 42: 'bad_certificate', 43: 'unsupported_certificate', 44: 'certificate_revoked' },
  ...{ 45: 'certificate_expired', 46: 'certificate_unknown', 47: 'illegal_parameter', 48: 'unknown_ca' },
  ...{ 49: 'access_denied', 50: 'decode_error', 51: 'decrypt_error', 70: 'protocol_version' },
  ...{ 71: 'insufficient_security', 80: 'internal_error', 86: 'inappropriate_fallback', 90: 'user_canceled' },
  ...{ 109: 'missing_extension', 110: 'unsupported_extension', 112: 'unrecognized_name' },
  ...{ 113: 'bad_certificate_status_response', 115: 'unknown_psk_identity', 116: 'certificate_required' },
  120: 'no_application_protocol',
};

const longest = 20_000;

/** Reads what `s_client -msgfile` wrote. */
export function readTranscript(text: string): Transcript {
  const messages: TlsMessage[] = [];
  const head = /^(<<<|>>>) (.*?), (Handshake|Alert|ChangeCipherSpec)(?: \[length [0-9a-f]+\])?(?:, (.*))?$/;
  let open: { line: RegExpExecArray; hex: string } | undefined;
  const close = () => {
    if (!open) return;
    const [, side, version = '', kind = '', words = ''] = open.line;
    const name = kind === 'Handshake' ? words : kind;
    messages.push({
      from: side === '<<<' ? 'server' : 'client',
      version,
      name,
      bytes: Buffer.from(open.hex, 'hex'),
    });
    open = undefined;
  };
  for (const line of text.split('\n').slice(0, longest)) {
    if (line.startsWith('    ')) {
      if (open) open.hex += line.replaceAll(' ', '');
      continue;
    }
    close();
    const found = head.exec(line);
    if (found) open = { line: found, hex: '' };
  }
  close();
  return { messages, ...contents(messages) };
}

function contents(messages: readonly TlsMessage[]): Omit<Transcript, 'messages'> {
  const of = (from: TlsMessage['from'], name: string) =>
    messages.find((each) => each.from === from && each.name === name);
  const served = of('server', 'Certificate');
  const shown = of('client', 'Certificate');
  const request = of('server', 'CertificateRequest');
  const entries = served ? certificateEntries(served) : [];
  const status = of('server', 'CertificateStatus');
  const staple = status ? ocspOf(status.bytes.subarray(4)) : stapleOf(entries[0]?.extensions);
  return {
    served: entries.flatMap(({ der }) => parsed(der)),
    ...(shown ? { shown: certificateEntries(shown).flatMap(({ der }) => parsed(der)) } : {}),
    ...(request ? { accepts: acceptedNames(request) } : {}),
    ...(staple ? { staple } : {}),
    alerts: messages
      .filter(({ name, bytes }) => name === 'Alert' && bytes.length === 2)
      .map(({ from, bytes }) => {
        const number = bytes[1] as number;
        return { from, fatal: bytes[0] === 2, number, name: alertNames[number] ?? String(number) };
      }),
  };
}

function parsed(der: Buffer): readonly Certificate[] {
  try {
    return [parseCertificate(der)];
  } catch {
    return [];
  }
}

interface Entry {
  readonly der: Buffer;
  readonly extensions: Buffer;
}

/** The entries of a Certificate message: RFC 5246 §7.4.2, or RFC 8446 §4.4.2 with a context before and extensions in each. */
function certificateEntries({ version, bytes }: TlsMessage): readonly Entry[] {
  const isNew = version === 'TLS 1.3';
  const reader = new Reader(bytes.subarray(4));
  if (isNew) reader.vector(1);
  const list = new Reader(reader.vector(3));
  const entries: Entry[] = [];
  while (list.left > 0)
    entries.push({ der: list.vector(3), extensions: isNew ? list.vector(2) : Buffer.alloc(0) });
  return entries;
}

/** RFC 5246 §7.4.4; in TLS 1.3 the extension certificate_authorities (RFC 8446 §4.2.4). */
function acceptedNames({ version, bytes }: TlsMessage): readonly string[] {
  const reader = new Reader(bytes.subarray(4));
  reader.vector(1);
  if (version === 'TLS 1.3') return distinguishedNames(extension(reader.vector(2), 47));
  reader.vector(2);
  return distinguishedNames(reader.rest());
}

function distinguishedNames(bytes: Buffer | undefined): readonly string[] {
  if (!bytes) return [];
  const list = new Reader(new Reader(bytes).vector(2));
  const names: string[] = [];
  while (list.left > 0) names.push(nameOf(list.vector(2)));
  return names;
}

function nameOf(der: Buffer): string {
  try {
    return new x509.Name(new Uint8Array(der)).toString();
  } catch {
    return der.toString('hex');
  }
}

/** The extension status_request of a certificate's entry. */
function stapleOf(extensions: Buffer | undefined): Buffer | undefined {
  const found = extensions && extension(extensions, 5);
  return found && ocspOf(found);
}

/** CertificateStatus (RFC 6066 §8): its type, and a vector. */
function ocspOf(bytes: Buffer): Buffer | undefined {
  return bytes[0] === 1 ? new Reader(bytes.subarray(1)).vector(3) : undefined;
}

function extension(extensions: Buffer, wanted: number): Buffer | undefined {
  const reader = new Reader(extensions);
  while (reader.left > 0) {
    const type = reader.number(2);
    const value = reader.vector(2);
    if (type === wanted) return value;
  }
  return undefined;
}

/** Reads numbers and vectors (RFC 8446 §3); what is cut short ends early. */
class Reader {
  #at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  number(width: number): number {
    if (this.left < width) {
      this.#at = this.#bytes.length;
      return 0;
    }
    this.#at += width;
    return this.#bytes.readUIntBE(this.#at - width, width);
  }

  vector(width: number): Buffer {
    const length = this.number(width);
    const start = this.#at;
    this.#at = Math.min(this.#bytes.length, start + length);
    return this.#bytes.subarray(start, this.#at);
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#at);
  }
}
