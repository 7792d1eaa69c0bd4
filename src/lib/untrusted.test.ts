import { expect, test } from 'vitest';
import { isUntrusted } from './untrusted.ts';

test('errors about who the other side is', () => {
  for (const error of [
    { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
    { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    { message: 'unable to get local issuer certificate' },
    { message: 'certificate has expired' },
    { message: 'self-signed certificate in certificate chain' },
    { message: "Hostname/IP does not match certificate's altnames: Host: x" },
  ])
    expect(isUntrusted(error), JSON.stringify(error)).toBe(true);
  for (const error of [
    { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:1' },
    { code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND certificates.example.fr' },
    { code: 'EPROTO', message: 'tlsv1 alert protocol version' },
    {},
  ])
    expect(isUntrusted(error), JSON.stringify(error)).toBe(false);
});
