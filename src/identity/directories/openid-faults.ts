import type { Code } from '../../i18n/en.ts';
import { isUntrusted } from '../../lib/untrusted.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { OpenIdDirectory } from '../../model/sign-in.ts';
import { reasonOf } from './faults.ts';

type ProviderCode =
  | 'openid.unreachable'
  | 'openid.certificate'
  | 'openid.client'
  | 'openid.answer'
  | 'openid.login'
  | 'openid.overage';

/** What is wrong with a provider, as a fault that says what to do. */
export function providerFault(
  { name, issuer, clientId, groupsClaim, loginClaim, pointer, trust, clientSecret }: OpenIdDirectory,
  code: ProviderCode,
  cause?: unknown,
): Fault {
  const reason = cause === undefined ? '' : reasonOf(deepest(cause));
  const params = {
    directory: name,
    issuer,
    client: clientId,
    groups: groupsClaim,
    login: loginClaim,
    reason,
  };
  const at = { 'openid.certificate': trust?.pointer, 'openid.client': clientSecret?.pointer }[code as string];
  return new Fault(code, params, {
    cause,
    pointer: at ?? pointer,
    next: message(`${code}.next` as Code, params),
  });
}

/** An error of asking a provider. */
export function asFault(directory: OpenIdDirectory, error: unknown): Fault {
  for (let each: unknown = error, i = 0; each instanceof Error && i < 5; each = each.cause, i += 1)
    if (each instanceof Fault) return each;
  return providerFault(directory, codeOf(error), error);
}

function codeOf(error: unknown): ProviderCode {
  const cause = deepest(error);
  const { code = '', message: text = '' } = cause as NodeJS.ErrnoException;
  if (isUntrusted(cause)) return 'openid.certificate';
  if (/^E[A-Z]+$|ABORT|TIMEOUT|SSL|too large/.test(code || text)) return 'openid.unreachable';
  if ((error as { readonly code?: string }).code === 'OAUTH_TIMEOUT') return 'openid.unreachable';
  const { error: told, status } = error as { readonly error?: string; readonly status?: number };
  if (told === 'invalid_client' || told === 'unauthorized_client' || status === 401) return 'openid.client';
  return 'openid.answer';
}

function deepest(error: unknown): unknown {
  let each = error;
  for (let i = 0; i < 5 && each instanceof Error && each.cause instanceof Error; i += 1) each = each.cause;
  return each;
}
