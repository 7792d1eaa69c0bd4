import { parseNetwork } from '../lib/ip.ts';
import { internetNetworks } from '../lib/zones.ts';
import { type Pointer, pointer } from '../model/pointer.ts';
import type { SecretRef } from '../model/secret.ts';
import type { Directory, SignIn } from '../model/sign-in.ts';
import type { Site, Tls } from '../model/site.ts';
import { publicationId } from './names.ts';
import type { Parsed } from './parse.ts';
import type { DirectoryEntry } from './schema/directories.ts';
import type { SignInEntry } from './schema.ts';

type FileAt = (name: string, at: Pointer) => string;

/** Where somebody may come from, as it is written: the CIDR blocks of zones, networks and `internet`. */
export function networksNamed(parsed: Parsed, names: readonly string[]): readonly string[] {
  const zones = [...parsed.zones].map(([name, { networks }]) => ({ name, networks }));
  const networks = names.flatMap((name) =>
    name === 'internet' && !parsed.zones.has(name)
      ? internetNetworks({ zones })
      : (parsed.zones.get(name)?.networks ?? parseNetwork(name) ?? []),
  );
  return [...new Set(networks)];
}

/** How people sign in, and where they come from. `tls` is what the portal shows. */
export function resolveSignIn(
  parsed: Parsed,
  file: FileAt,
  tls: (entry: SignInEntry) => Tls,
): Pick<Site, 'signIn' | 'directories' | 'countries'> {
  const entry = parsed.site?.['sign-in'];
  const countries = parsed.site?.countries;
  return {
    ...(entry === undefined ? {} : { signIn: resolvePortal(parsed, entry, file, tls(entry)) }),
    ...(parsed.directories.size === 0
      ? {}
      : { directories: [...parsed.directories].map(([name, each]) => resolveDirectory(name, each, file)) }),
    ...(countries === undefined ? {} : { countries: file(countries, '/countries') }),
  };
}

function resolvePortal(parsed: Parsed, entry: SignInEntry, file: FileAt, tls: Tls): SignIn {
  const { methods, remember, required } = entry['second-factor'];
  const { name, logo, colour } = entry.brand;
  const at = '/sign-in';
  return {
    at: entry.at,
    id: publicationId(entry.at),
    tls,
    sources: [...new Set(entry.sources ?? ['local', ...parsed.directories.keys()])],
    guestGroups: [...new Set(entry.guests)],
    session: entry.session,
    secondFactor: {
      methods: [...new Set(methods)],
      ...(remember === undefined ? {} : { remember }),
      required: required.map(({ groups, from }, i) => ({
        ...(groups === undefined ? {} : { groups: [...new Set(groups)] }),
        ...(from === undefined ? {} : { from: [...new Set(from)], networks: networksNamed(parsed, from) }),
        pointer: `${at}/second-factor/required/${i}`,
      })),
    },
    brand: {
      ...(name === undefined ? {} : { name }),
      ...(logo === undefined ? {} : { logo: file(logo, at) }),
      ...(colour === undefined ? {} : { colour }),
    },
    pointer: at,
  };
}

function resolveDirectory(name: string, entry: DirectoryEntry, file: FileAt): Directory {
  const at = pointer('directories', name);
  const secret = (ref: { readonly file: string }, where: string): SecretRef => ({
    file: ref.file,
    pointer: `${at}/${where}/file`,
  });
  const ground = {
    name,
    groups: Object.fromEntries(
      Object.entries(entry.groups).map(([ours, theirs]) => [ours, [...new Set(theirs)]]),
    ),
    ...(entry.trust === undefined
      ? {}
      : { trust: { ca: file(entry.trust.ca, at), pointer: `${at}/trust/ca` } }),
    pointer: at,
  };
  if (entry.kind === 'openid') {
    const { title } = entry;
    const clientSecret = entry['client-secret'];
    return {
      ...ground,
      kind: entry.kind,
      ...(title === undefined ? {} : { title }),
      issuer: entry.issuer,
      clientId: entry['client-id'],
      ...(clientSecret === undefined ? {} : { clientSecret: secret(clientSecret, 'client-secret') }),
      scopes: [...new Set(entry.scopes)],
      groupsClaim: entry['groups-claim'],
      loginClaim: entry['login-claim'],
      secondFactor: [...new Set(entry['second-factor'])],
    };
  }
  const { login, name: title, email } = entry.attributes;
  const { filter, bind } = entry;
  const groupBase = entry['group-base'];
  return {
    ...ground,
    kind: entry.kind,
    servers: entry.servers,
    base: entry.base,
    ...(groupBase === undefined ? {} : { groupBase }),
    bind: { user: bind.user, password: secret(bind.password, 'bind/password') },
    ...(filter === undefined ? {} : { filter }),
    attributes: {
      ...(login === undefined ? {} : { login }),
      ...(title === undefined ? {} : { title }),
      ...(email === undefined ? {} : { email }),
    },
  };
}
