import { createPublicKey, type KeyObject } from 'node:crypto';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { keyTypeOf } from './keys.ts';

/** What is taken of a request: whose key it is, and which names it asks for. All else it asks is not for it to say. */
export interface ReadRequest {
  readonly publicKey: KeyObject;
  /** As `Request.names` of the authority. */
  readonly names: readonly string[];
}

/**
 * Reads a certificate signing request (PKCS#10, RFC 2986; PEM or DER) and has its signature prove that who asks holds the key.
 * Throws `cert.csr.form`, `cert.csr.signature` and `cert.csr.key`.
 */
export async function readCsr(bytes: Buffer, file: string): Promise<ReadRequest> {
  const fault = (
    code: 'cert.csr.form' | 'cert.csr.signature' | 'cert.csr.key',
    reason = '',
    cause?: unknown,
  ) => {
    const params = { file, reason };
    return new Fault(code, params, { cause, next: message(`${code}.next`, params) });
  };
  const x509 = await import('../x509.ts');
  const text = bytes.toString('latin1');
  const read = () => {
    const pem = /-----BEGIN (NEW )?CERTIFICATE REQUEST-----([^-]+)-----END/.exec(text)?.[2];
    const der = pem === undefined ? bytes : Buffer.from(pem, 'base64');
    return new x509.Pkcs10CertificateRequest(der);
  };
  let request: ReturnType<typeof read>;
  let publicKey: KeyObject;
  try {
    request = read();
    publicKey = createPublicKey({ key: Buffer.from(request.publicKey.rawData), type: 'spki', format: 'der' });
  } catch (cause) {
    throw fault('cert.csr.form', (cause as Error).message, cause);
  }
  requireStrong(publicKey, (reason) => fault('cert.csr.key', reason));
  if (!(await request.verify().catch(() => false))) throw fault('cert.csr.signature');
  const asked = request.extensions.find((each) => each instanceof x509.SubjectAlternativeNameExtension);
  const names = asked?.names.toJSON() ?? [];
  return {
    publicKey,
    names: names.flatMap(({ type, value }) => {
      if (type === 'dns' || type === 'ip') return [value.toLowerCase()];
      return type === 'email' ? [`email:${value}`] : type === 'url' ? [`uri:${value}`] : [];
    }),
  };
}

/** Refuses keys that the authority would not make itself: others, shorter ones, and RSA with a small exponent. */
function requireStrong(key: KeyObject, fault: (reason: string) => Fault): void {
  const { modulusLength, namedCurve, publicExponent } = key.asymmetricKeyDetails ?? {};
  const isSmall = publicExponent !== undefined && publicExponent < 65_537n;
  if (keyTypeOf(key) !== undefined && !isSmall) return;
  const size = modulusLength ?? namedCurve ?? '';
  throw fault(`${key.asymmetricKeyType} ${size}${isSmall ? ` e=${publicExponent}` : ''}`.trim());
}
