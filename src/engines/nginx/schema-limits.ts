import { z } from 'zod';
import { rate, size, speed } from '../../lib/words.ts';

/** What one of those who are counted may ask. */
const share = {
  requests: rate().optional().describe('Requests, such as 20/s or 300/m.'),
  burst: z
    .int()
    .min(0)
    .max(100_000)
    .optional()
    .describe('Requests let through at once before the rate counts; default: as many as the rate names.'),
  connections: z.int().min(1).max(65_535).optional().describe('Requests in progress at once.'),
};

const download = z
  .union([
    speed().transform((rate) => ({ rate })),
    z.strictObject({
      rate: speed(),
      after: size().optional().describe('So much of each answer comes as fast as it can.'),
    }),
  ])
  .describe('How fast one answer comes, such as 2MB/s.');

/** `limits` of a publication or a route. */
export const limits = z
  .strictObject({
    ...share,
    session: z
      .strictObject(share)
      .optional()
      .describe('What one who signed in may ask, in one browser, in place of what their address may.'),
    token: z
      .strictObject(share)
      .optional()
      .describe('What one token of a machine may ask, in place of what its address may.'),
    all: z
      .strictObject(share)
      .optional()
      .describe('What all visitors together may ask, so that the service bears it.'),
    download: download.optional(),
    upload: speed()
      .optional()
      .describe(
        'How fast one connection may send, such as 2MB/s, on average; the requests of HTTP/2 together.',
      ),
  })
  .describe(
    'What one client address may ask (IPv6: one /64), and all of them together; beyond it the answer is 429.',
  );

/** `limits` of a route: whoever sends is slowed down before anybody knows for which path. */
export const routeLimits = limits.omit({ upload: true });

/** `limits` of the gateway. */
export const gatewayLimits = z
  .strictObject({
    connections: z
      .union([
        z.union([z.literal('off'), z.literal(false)]).transform(() => false as const),
        z.int().min(10).max(65_535),
      ])
      .optional()
      .describe('Requests of one client address in progress at once, on all publications; default 1000.'),
  })
  .describe('What one client address may ask of the whole gateway.');

/** Whom a limit counts. */
export type Share = { readonly [K in keyof typeof share]?: z.output<(typeof share)[K]> };
export type Limits = z.output<typeof limits>;
