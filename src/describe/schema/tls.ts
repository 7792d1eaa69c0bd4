import { z } from 'zod';
import { clientWords } from './tls-client.ts';
import { serverWords } from './tls-server.ts';

/** A named TLS configuration. Which kind it is, its words say; that they are of one kind is checked afterwards. */
export const tlsConfiguration = z.strictObject({ ...serverWords, ...clientWords });
export type TlsConfigurationEntry = z.output<typeof tlsConfiguration>;

/** The words of each kind that an entry has. */
export function wordsOf(entry: TlsConfigurationEntry): Record<'server' | 'client', readonly string[]> {
  const written = (words: object) => Object.keys(words).filter((word) => entry[word as never] !== undefined);
  return { server: written(serverWords), client: written(clientWords) };
}
