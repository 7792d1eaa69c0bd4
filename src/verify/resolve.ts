import { isIP } from 'node:net';
import { message } from '../model/message.ts';
import { type Attempt, Trouble } from './attempt.ts';

/** Where a name leads, and who said so. */
export interface Resolution {
  /** At least one; the first is tried first. */
  readonly addresses: readonly string[];
  readonly by: 'vantage' | 'literal' | 'localhost' | 'resolver';
}

/**
 * The addresses to connect to for a name: the vantage's own when it has one, otherwise what the name resolves to.
 * Throws `Trouble` when the name is unknown.
 */
export async function destination(name: string, attempt: Attempt): Promise<Resolution> {
  const { address } = attempt.context.vantage;
  if (address === undefined) return resolveName(name, attempt);
  return { addresses: (await resolveName(address, attempt)).addresses, by: 'vantage' };
}

/** What a name resolves to at the vantage; throws `Trouble` when it is unknown. */
export async function resolveName(name: string, attempt: Attempt): Promise<Resolution> {
  if (isIP(name)) return { addresses: [name], by: 'literal' };
  if (isLocalhost(name)) return { addresses: ['127.0.0.1', '::1'], by: 'localhost' };
  attempt.waitFor(message('seen.timeout.resolve', { name, seconds: attempt.seconds }));
  try {
    return { addresses: [...new Set(await attempt.context.network.lookup(name))], by: 'resolver' };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND') throw new Trouble(message('seen.name.unknown', { name }));
    throw new Trouble(message('seen.name.resolver', { name, error: code ?? String(error) }));
  }
}

/** Whether RFC 6761 §6.3 says that the name is the machine that asks, so that DNS must not be asked. */
export function isLocalhost(name: string): boolean {
  return /^(.+\.)?localhost\.?$/i.test(name);
}
