import { z } from 'zod';
import { duration, word } from '../../lib/words.ts';
import { factorMethods } from '../../model/sign-in.ts';
import { isDnsName } from '../names.ts';
import { publishedTls } from './published-tls.ts';
import { filename, text } from './words.ts';

/** A DNS name, in lower case and without a final dot. */
const dnsName = () =>
  word('value.dns', (t) => {
    const name = t.toLowerCase().replace(/\.$/, '');
    return isDnsName(name) ? name : undefined;
  });

const required = z.strictObject({
  groups: z.array(text()).min(1).optional().describe('Groups whose members must give one.'),
  from: z
    .array(text())
    .min(1)
    .optional()
    .describe('Zones, networks and internet (outside every zone): whoever comes from there must give one.'),
});

const secondFactor = z.strictObject({
  methods: z
    .array(z.enum(factorMethods))
    .min(1)
    .default([...factorMethods])
    .describe('totp (codes of an application) and passkey; both, left out.'),
  remember: duration()
    .optional()
    .describe('For how long a device that gave one is not asked again; left out, it always is.'),
  required: z
    .array(required)
    .default([])
    .describe('Who must give one whatever a publication asks: all that an entry says must hold.'),
});

const brand = z.strictObject({
  name: text().optional().describe('Name at the head of the pages; left out, the site’s.'),
  logo: filename().optional().describe('SVG or PNG file.'),
  colour: word('value.colour', (t) => (/^#[\da-f]{6}$/i.test(t) ? t.toLowerCase() : undefined))
    .optional()
    .describe('Colour of buttons and links, such as "#336699".'),
});

/** How people sign in: the portal, where it is and what it asks for. */
export const signIn = z.strictObject({
  at: dnsName().describe('The portal’s DNS name, which no publication has.'),
  tls: publishedTls,
  sources: z
    .array(text())
    .min(1)
    .optional()
    .describe(
      'Where people come from, in the order of asking: local (the section people, and guests) and directories by name; left out, all.',
    ),
  guests: z
    .array(text())
    .default([])
    .describe('Groups that guests may be given, beside those that described people are in.'),
  session: z
    .strictObject({
      idle: duration().prefault('1h').describe('It ends when nothing was asked for so long; 1h, left out.'),
      longest: duration().prefault('12h').describe('It ends then, whatever is asked; 12h, left out.'),
    })
    .prefault({})
    .describe('How long somebody stays signed in.'),
  'second-factor': secondFactor.prefault({}).describe('What is asked for beside a password.'),
  brand: brand.prefault({}).describe('How the portal looks.'),
});
