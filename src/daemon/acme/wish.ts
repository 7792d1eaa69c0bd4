import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { AcmeAuthority } from '../../model/acme.ts';
import type { AcmeCertificate, AcmeSite } from '../../model/acme-site.ts';
import type { Finding } from '../../model/finding.ts';
import type { Message } from '../../model/message.ts';
import type { Gateway, Site } from '../../model/site.ts';
import type { Session } from '../../pki/acme/session.ts';
import type { Solver, Wish } from '../../pki/acme/types.ts';
import { acmeFolder } from '../../pki/acme-files.ts';

/** A site with a section `acme`. */
export type AcmeOf = Pick<Site, 'gateway'> & { readonly acme: AcmeSite };

/** What is asked of the authority for a certificate. */
export function wishOf({ names, keyType, chain, profile }: AcmeCertificate, replaces?: string): Wish {
  return {
    names,
    keyType,
    ...(chain === undefined ? {} : { chain }),
    ...(profile === undefined ? {} : { profile }),
    ...(replaces === undefined ? {} : { replaces }),
  };
}

/** The authority to rehearse with: its accounts are bound by no key of the real one's. */
export function rehearsalOf({ authority, staging }: AcmeSite): AcmeAuthority {
  if (staging === authority.directory) return authority;
  const { eab: _, ...rest } = authority;
  return { ...rest, directory: staging };
}

/** Opens a conversation with an authority of a site. Loaded here: most of what the daemon does needs none. */
export async function sessionWith(
  authority: AcmeAuthority,
  state: string,
  { tell, signal }: { readonly tell: (step: Message) => void; readonly signal?: AbortSignal },
): Promise<Session> {
  const { openSession } = await import('../../pki/acme/session.ts');
  return openSession(authority, acmeFolder(state), { tell, ...(signal ? { signal } : {}) });
}

/** What shows that the names of a certificate are ours. */
export async function solverFor({ gateway, acme }: AcmeOf, { challenge }: AcmeCertificate): Promise<Solver> {
  if (challenge === 'http') return overHttp(gateway);
  const { dns } = acme;
  if (!dns) throw new Error('a challenge over dns, and nothing says how');
  const { dnsSolver } = await import('../../pki/acme/dns01.ts');
  if (dns.kind === 'hook') return dnsSolver((await import('../../pki/acme/hook.ts')).hookWriter(dns));
  return dnsSolver((await import('../../pki/acme/rfc2136.ts')).updateWriter(dns));
}

/** What would keep an authority from certifying the names, as far as it is seen from here. */
export async function lookAhead(
  session: Session,
  { gateway, acme }: AcmeOf,
  certificate: AcmeCertificate,
): Promise<readonly Finding[]> {
  const { preflight } = await import('../../pki/acme/preflight.ts');
  const own = Object.values(networkInterfaces())
    .flatMap((some) => some ?? [])
    .filter(({ internal, address }) => !internal && !/^fe80:/i.test(address))
    .map(({ address }) => address);
  const { challenge } = certificate;
  return preflight(session, wishOf(certificate), {
    challenge: challenge === 'dns' && acme.dns ? acme.dns : { kind: 'http' },
    addresses: [...new Set([...gateway.publicAddresses, ...gateway.listen, ...own])],
    // A server of one's own may ask elsewhere than on port 80; what is forwarded is asked for where it is public.
    ...(acme.authority.trust === undefined ? {} : { port: gateway.httpPort }),
  });
}

async function overHttp(gateway: Gateway): Promise<Solver> {
  // It answers nobody who does not begin with the header of a front.
  if (gateway.proxyProtocol) return { type: 'http-01', present: async () => {}, withdraw: async () => {} };
  const { httpSolver } = await import('../../pki/acme/http01.ts');
  const address = gateway.listen.find((each) => isIPv4(each)) ?? gateway.listen[0] ?? '127.0.0.1';
  return httpSolver({ address, port: gateway.httpPort });
}
