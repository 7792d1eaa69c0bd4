import { z } from 'zod';
import { network } from '../../lib/words.ts';
import { outgoings, roles } from '../../model/site.ts';
import { partnerDoor } from './partners.ts';
import { address, host, port, text } from './words.ts';

/** Network areas, the machines in them, and the gateway. */

export const zone = {
  networks: z
    .array(network())
    .min(1)
    .describe('Addresses and CIDR blocks of the zone, IPv4 or IPv6, such as 10.0.0.0/24.'),
  outgoing: z
    .enum(outgoings)
    .optional()
    .describe(
      'What the firewalls of its machines let out: described, only what is asked for (the default where the gateway stands), or free.',
    ),
};

export const hostEntry = {
  address: z
    .union([host(), z.array(address()).min(1)])
    .optional()
    .describe('Address or DNS name of the machine; a list of all its addresses when it has several.'),
  zone: text().optional().describe('The zone it stands in, by name.'),
  roles: z
    .array(z.enum(roles))
    .default([])
    .describe(
      'What it does: the gateway publishes, a router joins zones and forwards between them, a vantage is only looked from.',
    ),
  ssh: z
    .strictObject({
      user: text().optional().describe('The account to log in with; anybody but root works through sudo.'),
      port: port().default(22).describe('Port of its SSH server.'),
      via: text().optional().describe('The host to go through (ProxyJump), by name.'),
      'host-key': z
        .string()
        .refine((t) => /^(?:ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+={0,2}$/.test(t), {
          params: { code: 'value.host-key' },
        })
        .optional()
        .describe(
          'Its public host key, as ssh-keyscan prints it: type and base64. Else known_hosts must have it.',
        ),
    })
    .optional()
    .describe('How Poterne reaches it. A host without this is described only: nothing is changed on it.'),
  groups: z.array(text()).default([]).describe('Groups of your own, to name several hosts at once.'),
};

export const gateway = {
  listen: z.array(address()).default([]).describe('Addresses to listen on; left out, every address.'),
  'http-port': port().default(80).describe('Port of plain http, which only redirects.'),
  'https-port': port().default(443).describe('Port of https.'),
  'public-port': port()
    .optional()
    .describe(
      'Port that people reach, when something in front forwards it to https-port; default: https-port.',
    ),
  public: z
    .array(address())
    .default([])
    .describe('Addresses at which the gateway is reached from outside, when a router has them and forwards.'),
  'trusted-fronts': z
    .array(network())
    .default([])
    .describe('Load balancers whose word on the client’s address is believed.'),
  'proxy-protocol': z
    .boolean()
    .default(false)
    .describe('Every connection begins with a PROXY protocol header (versions 1 and 2).'),
  partners: partnerDoor,
};
