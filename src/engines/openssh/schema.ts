import { z } from 'zod';
import { duration } from '../../lib/words.ts';
import type { Host } from '../../model/site.ts';
import type { EngineSchema } from '../engine.ts';

const settings = z.strictObject({
  confirm: duration()
    .prefault('60s')
    .describe('The host puts the old configuration back unless the new one was confirmed within this time.'),
});

/** What a host says of its SSH server. */
export interface Settings {
  /** Milliseconds. */
  readonly confirm: number;
}

const sshServer = z
  .union([z.literal(false), settings])
  .prefault({})
  .describe(
    'The SSH server of a host that Poterne acts on, once the site has a bastion; false leaves it alone. Needs no line in the usual case.',
  );

/** The words that openssh adds to the description. */
export const schema = {
  host: { 'ssh-server': sshServer },
  gateway: {},
  service: {},
  publication: {},
  route: {},
} satisfies EngineSchema;

/** What a host's entry says; `undefined` when its SSH server is to be left alone. */
export function settingsOf(host: Host): Settings | undefined {
  const { 'ssh-server': said = {} } = (host.options.openssh ?? {}) as { readonly 'ssh-server'?: unknown };
  // Parsed already when it came from a description; a host that nobody described has the defaults.
  return said === false ? undefined : { ...settings.parse({}), ...(said as Partial<Settings>) };
}
