import type { Fault } from '../../model/fault.ts';
import type { LdapDirectory, OpenIdDirectory } from '../../model/sign-in.ts';
import type { User } from '../types.ts';
import type { Standing } from './accounts.ts';
import { serverFault } from './faults.ts';
import { foundGroup } from './groups.ts';
import { ldapSource } from './index.ts';
import type { LdapConnection } from './ldap-connection.ts';
import type { LdapSource } from './ldap-source.ts';
import { OpenIdSource } from './openid.ts';
import { asFault } from './openid-faults.ts';
import { urlOf } from './server.ts';

/** What one server of a directory did. */
export interface ServerReport {
  readonly server: string;
  readonly milliseconds: number;
  /** As far as it went. */
  readonly protocol?: string;
  /** When its certificate ends: ISO 8601. */
  readonly certificateEnds?: string;
  readonly isBound: boolean;
  /** Under `base`, with `filter`; no more than `mostPeople` are counted. */
  readonly people?: number;
  readonly fault?: Fault;
}

/** A group of the directory that the description speaks of. */
export interface GroupReport {
  readonly ours: string;
  readonly theirs: string;
  /** Its DN; absent: there is none, or there are several of that name. */
  readonly dn?: string;
}

export interface PersonReport {
  readonly dn: string;
  readonly standing?: NonNullable<Standing>;
  readonly user: User;
  /** Groups there, as far as they were followed. */
  readonly theirs: readonly string[];
}

export interface LdapReport {
  readonly servers: readonly ServerReport[];
  readonly groups: readonly GroupReport[];
  /** `null`: nobody, or more than one. */
  readonly person?: PersonReport | null;
}

export const mostPeople = 500;

/** Asks every server of a directory, and the first that answers about groups and a person. `tell` hears of each server when it is done. */
export async function probeLdap(
  directory: LdapDirectory,
  login: string | undefined,
  tell: (report: ServerReport) => void = () => undefined,
): Promise<LdapReport> {
  const source = ldapSource(directory);
  try {
    const servers: ServerReport[] = [];
    for (const server of directory.servers) {
      const report = await probeServer(source, directory, server);
      servers.push(report);
      tell(report);
    }
    if (servers.every(({ fault }) => fault)) return { servers, groups: [] };
    const groups: GroupReport[] = [];
    for (const [ours, some] of Object.entries(directory.groups))
      for (const theirs of some) {
        const dn = await source.servers.asOurselves((connection) =>
          foundGroup(connection, directory, theirs),
        );
        groups.push({ ours, theirs, ...(dn === undefined ? {} : { dn }) });
      }
    if (login === undefined) return { servers, groups };
    const person = await source.describe(login.replace(new RegExp(`@${directory.name}$`), ''));
    if (!person) return { servers, groups, person: null };
    const { standing, ...rest } = person;
    return { servers, groups, person: { ...rest, ...(standing === undefined ? {} : { standing }) } };
  } finally {
    await source.close();
  }
}

async function probeServer(
  source: LdapSource,
  directory: LdapDirectory,
  server: LdapDirectory['servers'][number],
): Promise<ServerReport> {
  const began = performance.now();
  let connection: LdapConnection | undefined;
  let seen = {};
  let isBound = false;
  const report = (more: Partial<ServerReport> = {}): ServerReport => ({
    server: urlOf(server),
    milliseconds: Math.round(performance.now() - began),
    ...seen,
    isBound,
    ...more,
  });
  try {
    connection = await source.servers.connect(server);
    seen = connection.tls();
    await source.servers.bindAsOurselves(connection);
    isBound = true;
    return report({ people: await source.count(connection, mostPeople) });
  } catch (error) {
    return report({ fault: serverFault(directory, server, error) });
  } finally {
    connection?.close();
  }
}

export interface OpenIdReport {
  readonly milliseconds: number;
  readonly fault?: Fault;
  /** What the provider says that it can do. */
  readonly pkce?: boolean;
  readonly logout?: boolean;
  readonly backChannel?: boolean;
}

/** Asks a provider what it says of itself, over a connection as it is used for signing in. */
export async function probeOpenId(directory: OpenIdDirectory): Promise<OpenIdReport> {
  const source = new OpenIdSource(directory);
  const began = performance.now();
  const milliseconds = () => Math.round(performance.now() - began);
  try {
    const about = (await source.configuration()).serverMetadata();
    return {
      milliseconds: milliseconds(),
      pkce: about.supportsPKCE(),
      logout: about.end_session_endpoint !== undefined,
      backChannel: about.backchannel_logout_supported === true,
    };
  } catch (error) {
    return { milliseconds: milliseconds(), fault: asFault(directory, error) };
  } finally {
    await source.close();
  }
}
