import type { Pointer } from './pointer.ts';
import type { SecretRef } from './secret.ts';
import type { Tls } from './site.ts';

/** How people sign in: the portal, where it is and what it asks for. */
export interface SignIn {
  /** The portal's DNS name, in lower case. */
  readonly at: string;
  /** Safe as a file name and as an identifier in any engine, as a publication's. */
  readonly id: string;
  readonly tls: Tls;
  /** Names of sources in the order in which they are asked; `local` are the described people and guests. */
  readonly sources: readonly string[];
  /** Groups that guests may be given, beside those of the described people. */
  readonly guestGroups: readonly string[];
  /** Milliseconds. */
  readonly session: { readonly idle: number; readonly longest: number };
  readonly secondFactor: SecondFactor;
  readonly brand: Brand;
  readonly pointer: Pointer;
}

export const factorMethods = ['totp', 'passkey'] as const;
export type FactorMethod = (typeof factorMethods)[number];

/** What is asked for beside a password. */
export interface SecondFactor {
  readonly methods: readonly FactorMethod[];
  /** For how long a device that gave one is not asked again, in milliseconds; absent: it always is. */
  readonly remember?: number;
  /** Who must give one whatever a publication asks: all that an entry says must hold. */
  readonly required: readonly {
    readonly groups?: readonly string[];
    /** As written, and the CIDR blocks that it stands for. */
    readonly from?: readonly string[];
    readonly networks?: readonly string[];
    readonly pointer: Pointer;
  }[];
}

/** How the portal looks. */
export interface Brand {
  readonly name?: string;
  /** SVG or PNG file (absolute path). */
  readonly logo?: string;
  /** `#rrggbb`. */
  readonly colour?: string;
}

/** Which groups of a directory give which of the description's groups: ours → theirs (a DN, a common name, a claim's value). */
export type GroupMap = Readonly<Record<string, readonly string[]>>;

interface DirectoryGround {
  readonly name: string;
  readonly groups: GroupMap;
  readonly pointer: Pointer;
}

/** People of an LDAP directory (RFC 4511), or of a domain of Active Directory. Always over verified TLS. */
export interface LdapDirectory extends DirectoryGround {
  readonly kind: 'ldap' | 'active-directory';
  /** In the order in which they are asked. `startTls`: on the plain port, before anything else is said. */
  readonly servers: readonly { readonly host: string; readonly port: number; readonly startTls: boolean }[];
  /** PEM file of the CA (absolute path); absent: the system's. */
  readonly trust?: { readonly ca: string; readonly pointer: Pointer };
  /** Where people are looked for (a DN). */
  readonly base: string;
  /** Where groups are looked for; absent: `base`. */
  readonly groupBase?: string;
  /** Whom we are ourselves there. */
  readonly bind: { readonly user: string; readonly password: SecretRef };
  /** A filter (RFC 4515) that people must meet besides. */
  readonly filter?: string;
  /** Attributes; absent: those that are usual for the kind. */
  readonly attributes: { readonly login?: string; readonly title?: string; readonly email?: string };
}

/** People of an OpenID provider (OpenID Connect Core 1.0). */
export interface OpenIdDirectory extends DirectoryGround {
  readonly kind: 'openid';
  /** As people call it, on the button. */
  readonly title?: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: SecretRef;
  readonly trust?: { readonly ca: string; readonly pointer: Pointer };
  readonly scopes: readonly string[];
  readonly groupsClaim: string;
  /** The claim that is a person's login here. */
  readonly loginClaim: string;
  /** The provider has asked for a second factor already when its `amr` or `acr` has one of these. */
  readonly secondFactor: readonly string[];
}

export type Directory = LdapDirectory | OpenIdDirectory;
