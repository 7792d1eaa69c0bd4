import type { Publication, Site } from '../../../model/site.ts';
import { line, type Node, own } from '../syntax.ts';
import { otherCookies } from './badge.ts';
import { hasGate } from './gate.ts';

/** What services are told of who signed in. */
const identity = ['User', 'Name', 'Email', 'Groups', 'Jwt'] as const;
const variable = (name: string): string => `$poterne_${name.toLowerCase()}`;
const badgeVariable = (name: string): string => `$poterne_who_${name.toLowerCase()}`;

/** A publication whose service is told who it is in a signed token: others do not have nginx read one for each request. */
export const signedIdentityLine = ({ pointer }: Publication): Node =>
  line(`${pointer}/signed-identity`, 'auth_request_set', variable('Jwt'), '$upstream_http_x_poterne_jwt');

/** Who came, as a service is told: nobody, whoever signed in, that with a signed token, or whoever came by badge. */
export type Telling = 'nobody' | 'known' | 'signed' | 'badged';

/** These headers, on every route of every publication: what a visitor sends under these names gets nowhere. */
export const signedInLines = (site: Site, telling: Telling): Node[] => [
  // The user first, which reads the others.
  ...identity.map((name) => {
    const isTold = telling === 'signed' || (telling !== 'nobody' && name !== 'Jwt');
    const told = telling === 'badged' ? badgeVariable(name) : variable(name);
    return own('proxy_set_header', `X-Poterne-${name}`, isTold ? told : '');
  }),
  ...(hasGate(site)
    ? [
        own('proxy_set_header', 'Cookie', telling === 'badged' ? otherCookies : '$poterne_cookies'),
        // Whoever shows one does not come by badge.
        own('proxy_set_header', 'Authorization', telling === 'badged' ? '' : '$poterne_authorization'),
      ]
    : []),
];
