import { createHmac, sign } from 'node:crypto';
import type { AccountKey, PublicJwk } from './account-key.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A signed request (RFC 8555 §6.2): known by its account's URL, or, before there is one, by its key. No payload is a POST-as-GET. */
export function signedRequest(
  { key, jwk }: AccountKey,
  header: { readonly url: string; readonly nonce: string; readonly kid?: string },
  payload: unknown,
): string {
  const protectedPart = encode({ alg: 'ES256', ...(header.kid === undefined ? { jwk } : {}), ...header });
  const payloadPart = payload === undefined ? '' : encode(payload);
  const input = Buffer.from(`${protectedPart}.${payloadPart}`);
  const signature = sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  return JSON.stringify({ protected: protectedPart, payload: payloadPart, signature });
}

/** The binding of our key to an account that the authority knows already (RFC 8555 §7.3.4). */
export function externalBinding(jwk: PublicJwk, url: string, id: string, macKey: Buffer) {
  const protectedPart = encode({ alg: 'HS256', kid: id, url });
  const payload = encode(jwk);
  const signature = createHmac('sha256', macKey).update(`${protectedPart}.${payload}`).digest('base64url');
  return { protected: protectedPart, payload, signature };
}
