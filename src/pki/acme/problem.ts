import { z } from 'zod';
import { harmless } from '../../lib/harmless.ts';
import { Fault } from '../../model/fault.ts';
import { message, type Params } from '../../model/message.ts';
import type { Pointer } from '../../model/pointer.ts';

const identifier = z.object({ value: z.string() }).optional().catch(undefined);
const bare = { type: z.string().catch('about:blank'), detail: z.string().catch(''), identifier };

/** What an authority says that went wrong (RFC 7807, RFC 8555 §6.7), as far as it can be understood. */
export const problemSchema = z.object({
  ...bare,
  subproblems: z.array(z.object(bare)).optional().catch(undefined),
});

export type Problem = z.infer<typeof problemSchema>;

/** The problem in a reply, or what stands in its place. */
export function problemOf(body: string): Problem | undefined {
  try {
    return problemSchema.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}

const prefix = 'urn:ietf:params:acme:error:';

/** The last word of a problem's type, e.g. `badNonce` (RFC 8555 §6.7). */
export function kindOf({ type }: Pick<Problem, 'type'>): string {
  return type.startsWith(prefix) ? type.slice(prefix.length) : type;
}

/** A refusal that is no name's: problem type → code. */
const codes = {
  accountDoesNotExist: 'acme.account.gone',
  alreadyReplaced: 'acme.replaced',
  badCSR: 'acme.csr',
  badNonce: 'acme.nonce',
  badPublicKey: 'acme.csr',
  caa: 'acme.caa',
  externalAccountRequired: 'acme.eab.missing',
  invalidContact: 'acme.contact',
  invalidProfile: 'acme.profile',
  orderNotReady: 'acme.order',
  rateLimited: 'acme.limited',
  rejectedIdentifier: 'acme.rejected',
  serverInternal: 'acme.busy',
  unauthorized: 'acme.forbidden',
  unsupportedContact: 'acme.contact',
  unsupportedIdentifier: 'acme.rejected',
  userActionRequired: 'acme.action',
} as const satisfies Record<string, Fault['code']>;

export type RefusalCode = (typeof codes)[keyof typeof codes] | 'acme.refused';

/** What the authority saw, in its words; each name's own where it says them apart. */
export function saw(problem: Problem): string {
  const parts = problem.subproblems?.length ? problem.subproblems : [problem];
  const texts = parts.map((part) => {
    const name = part.identifier ? `${part.identifier.value}: ` : '';
    return `${name}${part.detail || kindOf(part)} (${kindOf(part)})`;
  });
  const whole = problem.subproblems?.length && problem.detail ? [problem.detail, ...texts] : texts;
  return harmless([...new Set(whole)].join('; ').replace(/\s+/g, ' ')).slice(0, 1500);
}

/** A refusal of the authority's as a fault that says what to do. */
export class Refusal extends Fault {
  readonly problem: Problem;
  readonly status: number;
  /** Not to be asked again before, in milliseconds since 1970. */
  readonly notBefore: number | undefined;

  constructor(
    code: RefusalCode,
    params: Params,
    options: { problem: Problem; status: number; notBefore: number | undefined; pointer: Pointer },
  ) {
    super(code, params, { pointer: options.pointer, next: message(`${code}.next`, params) });
    this.problem = options.problem;
    this.status = options.status;
    this.notBefore = options.notBefore;
  }
}

/** The code of a refusal, by its problem's type, else by its status. */
export function codeOf(problem: Problem, status: number): RefusalCode {
  const kind = kindOf(problem);
  if (Object.hasOwn(codes, kind)) return codes[kind as keyof typeof codes];
  if (status === 429) return 'acme.limited';
  return status >= 500 ? 'acme.busy' : 'acme.refused';
}

/** Whether nothing more will come of an order after this: the authority is not only slow, away or busy, and nobody called us off. */
export function endsOrder(error: unknown): boolean {
  const passing = ['acme.slow', 'acme.unreachable', 'acme.untrusted', 'acme.busy', 'acme.limited'];
  return error instanceof Fault && !passing.includes(error.code);
}
