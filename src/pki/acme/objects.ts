import { z } from 'zod';
import type { Reply } from './http.ts';
import { problemSchema } from './problem.ts';
import type { Session } from './session.ts';

const problem = problemSchema.optional().catch(undefined);

/** An order (RFC 8555 §7.1.3). */
export const orderSchema = z.object({
  status: z.enum(['pending', 'ready', 'processing', 'valid', 'invalid']),
  authorizations: z.array(z.url()).max(200),
  finalize: z.url(),
  certificate: z.url().optional(),
  error: problem,
});

export type Order = z.infer<typeof orderSchema>;

const challengeSchema = z.object({
  type: z.string(),
  status: z.string().catch('pending'),
  url: z.url(),
  token: z
    .string()
    .regex(/^[\w-]+$/)
    .optional(),
  error: problem,
});

/** Whether one name may be certified (RFC 8555 §7.1.4). */
export const authorizationSchema = z.object({
  status: z.enum(['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked']),
  identifier: z.object({ value: z.string() }),
  wildcard: z.boolean().optional(),
  challenges: z.array(challengeSchema),
});

export type Authorization = z.infer<typeof authorizationSchema>;
export type Challenge = z.infer<typeof challengeSchema>;

/** What a reply holds, or `acme.protocol`. */
export function read<T>(session: Session, url: string, schema: z.ZodType<T>, reply: Reply): T {
  try {
    return schema.parse(JSON.parse(reply.body));
  } catch (cause) {
    const body = reply.body.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 120);
    throw session.fault('acme.protocol', { url, status: reply.status, body }, cause);
  }
}
