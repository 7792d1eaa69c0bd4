import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { isAddress } from '../../lib/ip.ts';
import { duration, size, word } from '../../lib/words.ts';
import { isHost, isPrefix, isRequestPath, parseUrl } from '../names.ts';
import { filename, text } from './words.ts';

/** An https URL of a host and a path, without a query or a login. */
const partnerUrl = () =>
  word('value.url.partner', (written) => {
    const found = /^(https:\/\/[^/?#]+)(\/.*)?$/i.exec(written);
    const parsed = found && parseUrl(found[1] as string);
    const path = (found?.[2] ?? '/').replace(/\/?$/, '/');
    if (!parsed || !('scheme' in parsed) || parsed.address.kind !== 'tcp' || !isPrefix(path))
      return undefined;
    return { host: parsed.address.host, port: parsed.address.port, base: path };
  });

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** The kernel has room for 107 bytes of a unix socket's path. */
const socketPath = () =>
  word('value.socket', (path) =>
    isAbsolute(path) && /^[\w.@+/-]{2,107}$/.test(path) && isPrefix(path) && !path.endsWith('/')
      ? path
      : undefined,
  );

/** A digest as RFC 7469 writes it. */
const pin = () => word('value.pin', (written) => /^sha256\/([A-Za-z0-9+/]{43}=)$/.exec(written)?.[1]);

/** A system of somebody else that internal applications call through the gateway. */
export const partner = z.strictObject({
  url: partnerUrl().describe(
    'Where it is: https://…, with the path (if any) below which everything that is asked stands.',
  ),
  'tls-configuration': text()
    .optional()
    .describe(
      'The certificate that is shown there, by the name of a TLS configuration with certificate and key.',
    ),
  trust: z
    .strictObject({
      ca: filename()
        .optional()
        .describe(
          'PEM file of the authorities that its certificate must come from; default: those of the system.',
        ),
      name: word('value.host', (t) => (isHost(t) ? t : undefined))
        .optional()
        .describe('The name that its certificate must hold; default: the host of the URL.'),
    })
    .prefault({})
    .describe('Which certificate of the partner to accept.'),
  pins: z
    .array(pin())
    .default([])
    .describe(
      'Public keys, as sha256/…, of which one must be in the chain of the partner, else calls are refused.',
    ),
  callers: z
    .array(text())
    .default([])
    .describe('Who may call: hosts, zones, addresses and CIDR blocks of the inside. Nobody else may.'),
  socket: socketPath()
    .optional()
    .describe('A unix socket of the gateway’s machine too; who may enter its folder may call.'),
  paths: z
    .array(z.string().refine(isPrefix, { params: { code: 'value.path.prefix' } }))
    .min(1)
    .describe(
      'What may be asked for: /endpoint and what is below it; /endpoint/ only what is below; / everything.',
    ),
  methods: z
    .array(z.enum(methods))
    .min(1)
    .default(['GET', 'HEAD', 'POST'])
    .describe('The methods that may be used; default GET, HEAD and POST.'),
  size: size().prefault('16MB').describe('The largest body that may be sent; default 16MB.'),
  timeouts: z
    .strictObject({
      connect: duration().prefault('5s').describe('To reach the partner; default 5s.'),
      send: duration().prefault('60s').describe('Between two pieces of the request; default 60s.'),
      read: duration().prefault('60s').describe('Between two pieces of the answer; default 60s.'),
    })
    .prefault({})
    .describe('How long to wait for the partner.'),
  healthy: z
    .strictObject({
      path: z
        .string()
        .refine(isRequestPath, { params: { code: 'value.path' } })
        .describe('What to ask for, with GET, below one of the paths.'),
      status: z.number().int().min(200).max(599).default(200).describe('Status that must come back.'),
    })
    .optional()
    .describe('How one knows that calls come through.'),
});
export type PartnerEntry = z.output<typeof partner>;

/** Where partners are called. */
export const partnerDoor = z
  .strictObject({
    listen: z
      .array(word('value.address', (t) => (isAddress(t) ? t : undefined)))
      .min(1)
      .optional()
      .describe('Addresses of the inside to listen on; default: the private ones of the gateway’s machine.'),
    port: z.number().int().min(1).max(65_535).default(8180).describe('Port, without TLS; default 8180.'),
  })
  .prefault({})
  .describe('Where internal applications call partners.');
