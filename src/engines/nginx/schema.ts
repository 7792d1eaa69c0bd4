import { z } from 'zod';
import { duration, size } from '../../lib/words.ts';
import type { EngineOptions } from '../../model/site.ts';
import type { EngineSchema } from '../engine.ts';
import { gatewayLimits, limits, routeLimits } from './schema-limits.ts';

/** `off` or `false`: leave it out. */
const off = z.union([z.literal('off'), z.literal(false)]).transform(() => false as const);

const uploads = size().describe(
  'The largest request body, such as 2GB; default 16MB. More than that is streamed to the service instead of stored first.',
);

const headers = z
  .strictObject({
    hsts: z.union([off, duration()]).optional().describe('How long browsers insist on https; default 1y.'),
    frame: z
      .union([off, z.enum(['sameorigin', 'deny'])])
      .optional()
      .describe('Who may show the pages in a frame (X-Frame-Options); default sameorigin.'),
    nosniff: z
      .union([off, z.literal(true)])
      .optional()
      .describe('Browsers keep to the declared content type (X-Content-Type-Options); default true.'),
    referrer: z
      .union([
        off,
        z.enum([
          'no-referrer',
          'no-referrer-when-downgrade',
          'origin',
          'origin-when-cross-origin',
          'same-origin',
          'strict-origin',
          'strict-origin-when-cross-origin',
          'unsafe-url',
        ]),
      ])
      .optional()
      .describe(
        'What other sites learn of the address left (Referrer-Policy); default strict-origin-when-cross-origin.',
      ),
    add: z.record(z.string(), z.string()).optional().describe('Further response headers, by name.'),
  })
  .describe(
    'Security headers. A default gives way to the application\'s own header; one written here takes its place. "off" leaves one out.',
  );

const timeouts = z
  .strictObject({
    connect: duration().optional().describe('To reach the service; default 5s.'),
    read: duration().optional().describe('Between two pieces of the answer; default 60s.'),
    send: duration().optional().describe('Between two pieces of the request; default 60s.'),
  })
  .describe('How long to wait for the service.');

const failover = z
  .strictObject({
    attempts: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe('Failures after which an upstream is left alone; default 3.'),
    within: duration().optional().describe('In this time, and for this time; default 10s.'),
  })
  .describe(
    'When to leave a failing upstream alone. With a single upstream there is no other, so it is always tried.',
  );

/** The words that nginx adds to the description. */
export const schema = {
  host: {},
  gateway: { limits: gatewayLimits.optional() },
  service: {
    'host-header': z
      .string()
      .min(1)
      .optional()
      .describe(
        'The Host that the service sees: "keep" (default) the one asked for, "upstream" its own, or a literal name.',
      ),
    'keep-alive': z
      .int()
      .min(0)
      .max(10_000)
      .optional()
      .describe('Idle connections to the service that each worker keeps; default 32, 0 for none.'),
    timeouts: timeouts.optional(),
    failover: failover.optional(),
  },
  publication: {
    limits: limits.optional(),
    uploads: uploads.optional(),
    compression: z.boolean().optional().describe('Compress text on the way out; default true.'),
    headers: headers.optional(),
  },
  route: { limits: routeLimits.optional(), uploads: uploads.optional() },
} satisfies EngineSchema;

export type GatewayOptions = z.output<z.ZodObject<typeof schema.gateway>>;
export type ServiceOptions = z.output<z.ZodObject<typeof schema.service>>;
export type PublicationOptions = z.output<z.ZodObject<typeof schema.publication>>;
export type RouteOptions = z.output<z.ZodObject<typeof schema.route>>;
export type Headers = z.output<typeof headers>;

/** What nginx read of a thing's part of the description; only the schema above can have written it. */
const options = <T>(thing: { readonly options: EngineOptions }): T => (thing.options.nginx ?? {}) as T;

export const gatewayOptions = (thing: { readonly options: EngineOptions }) => options<GatewayOptions>(thing);
export const serviceOptions = (thing: { readonly options: EngineOptions }) => options<ServiceOptions>(thing);
export const publicationOptions = (thing: { readonly options: EngineOptions }) =>
  options<PublicationOptions>(thing);
export const routeOptions = (thing: { readonly options: EngineOptions }) => options<RouteOptions>(thing);

/** What holds where the description says nothing. */
export const defaults = {
  keepAlive: 32,
  connect: 5000,
  read: 60_000,
  send: 60_000,
  attempts: 3,
  within: 10_000,
  uploads: 16_000_000,
  connections: 1000,
  hsts: 31_536_000_000,
  frame: 'sameorigin',
  referrer: 'strict-origin-when-cross-origin',
} as const;
