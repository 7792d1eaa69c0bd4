import { z } from 'zod';
import { port, text } from './words.ts';

/** What machines need to reach, who administers them, and what must stay closed or open. */

const flow = z.strictObject({
  from: text().describe(
    'Who connects: everyone, internet (outside every zone), or a zone, a host, an address or a CIDR block.',
  ),
  to: text().describe('What is reached: the same, or a publication.'),
  port: port().optional().describe('Only this port; left out, any.'),
});

export const admin = z.strictObject({
  from: z
    .array(text())
    .min(1)
    .describe('Zones, hosts, addresses and CIDR blocks from which machines are administered, over SSH.'),
});

export const grant = z.strictObject({
  from: text().describe('Who connects: everyone, internet, or a zone, a host, an address or a CIDR block.'),
  to: text().describe('What is reached: the same.'),
  ports: z.array(port()).min(1).describe('The ports that are reached.'),
  protocol: z.enum(['tcp', 'udp']).default('tcp').describe('tcp, the default, or udp.'),
  why: text().describe(
    'The reason, in a few words: it stands beside the rule in the firewall and in the documents.',
  ),
});

export const assertion = z.strictObject({
  deny: flow.optional().describe('A flow that the rest of the description must never open.'),
  allow: flow.optional().describe('A flow that the rest of the description must open.'),
});
