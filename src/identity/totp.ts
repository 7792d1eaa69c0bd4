import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

/** Seconds of a step, and how many steps a clock may be off (RFC 6238 §5.2, §6). */
const period = 30;
const drift = 1;
/** What every authenticator application does; some ignore anything else that a QR code says. */
const usual = { algorithm: 'SHA1', digits: 6, period } as const;

/** A fresh seed, base32: 160 bits (RFC 4226 §4, R6). */
export function newSeed(): string {
  return new Secret({ buffer: new Uint8Array(randomBytes(20)).buffer }).base32;
}

/**
 * The step that a code is of, if the seed gives it within a step of `at` either way. Whoever asks has to refuse a step that was used,
 * and all before it (RFC 6238 §5.2).
 */
export function stepOf(seed: string, code: string, at: Date): number | undefined {
  const token = code.replace(/[\s-]/g, '');
  if (!/^\d{6}$/.test(token)) return undefined;
  const totp = new TOTP({ ...usual, secret: Secret.fromBase32(seed) });
  const delta = totp.validate({ token, timestamp: at.getTime(), window: drift });
  return delta === null ? undefined : Math.floor(at.getTime() / 1000 / period) + delta;
}

/** What an application reads from the QR code (the `otpauth:` URI of the Key Uri Format). */
export function seedUri(seed: string, issuer: string, label: string): string {
  return new TOTP({ ...usual, secret: Secret.fromBase32(seed), issuer, label }).toString();
}

/** The QR code of a text, as SVG with its own white ground. */
export async function qrCode(text: string): Promise<string> {
  const { renderSVG } = await import('uqr');
  return renderSVG(text, { ecc: 'M', border: 4, pixelSize: 6 });
}

/** A seed as people type it: in fours. */
export function seedInFours(seed: string): string {
  return seed.match(/.{1,4}/g)?.join(' ') ?? seed;
}
