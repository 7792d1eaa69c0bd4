import { z } from 'zod';
import { duration, word } from '../../lib/words.ts';
import type { Host } from '../../model/site.ts';
import type { EngineSchema } from '../engine.ts';

/** A network interface's name, or the beginning of several and a star. */
const interfaceName = () =>
  word('firewall.interface', (text) =>
    /^[A-Za-z0-9_.:@-]{1,14}(?:[A-Za-z0-9_.:@-]|\*)?$/.test(text) ? text : undefined,
  );

const settings = z.strictObject({
  leave: z
    .array(interfaceName())
    .default(['docker0', 'virbr*', 'podman*'])
    .describe(
      'Interfaces behind which other software (Docker, libvirt) keeps machines and filters itself: docker0, br-*.',
    ),
  'reverse-path': z
    .enum(['strict', 'loose', 'off'])
    .default('strict')
    .describe(
      'Which source addresses are believed: those that are routed back the same way (strict), at all (loose), or any (off).',
    ),
  connections: z
    .union([
      z.union([z.literal('off'), z.literal(false)]).transform(() => false as const),
      z.int().min(10).max(65_535),
    ])
    .default(2000)
    .describe(
      'Of the gateway: connections that one address (IPv6: one /64) may have open to what is published; trusted fronts as many as they like.',
    ),
  confirm: duration()
    .prefault('60s')
    .describe('The host puts the old firewall back unless the new one was confirmed within this time.'),
});

/** What a host says of its firewall. */
export interface Settings {
  readonly leave: readonly string[];
  readonly 'reverse-path': 'strict' | 'loose' | 'off';
  /** Connections that one address may have open; `false`: as many as it likes. */
  readonly connections: number | false;
  /** Milliseconds. */
  readonly confirm: number;
}

const firewall = z
  .union([z.literal(false), settings])
  .prefault({})
  .describe(
    'The firewall of a host that Poterne acts on; false leaves it alone. Needs no line in the usual case.',
  );

/** The words that nftables adds to the description. */
export const schema = {
  host: { firewall },
  gateway: {},
  service: {},
  publication: {},
  route: {},
} satisfies EngineSchema;

/** What a host's entry says; `undefined` when its firewall is to be left alone. */
export function settingsOf(host: Host): Settings | undefined {
  const { firewall: said = {} } = (host.options.nftables ?? {}) as { readonly firewall?: unknown };
  // Parsed already when it came from a description; a host that nobody described has the defaults.
  return said === false ? undefined : { ...settings.parse({}), ...(said as Partial<Settings>) };
}
