import type { IncomingMessage } from 'node:http';
import type { User } from '../../identity/types.ts';

/** What nginx tells of a request, in headers of which it lets none of a client's own through. */
export interface Told {
  /** The publication's id; empty at the portal's name. */
  readonly publication: string;
  readonly pathClass?: string;
  /** As the client wrote it. */
  readonly uri: string;
  /** The name that was asked for, without the port. */
  readonly host: string;
  readonly address: string;
  readonly agent: string;
  /** nginx has accepted the client's certificate. */
  readonly hasCertificate: boolean;
  readonly certificateIdentity: string;
  /** By what nginx has the connection, and what it says of it for the log of sightings. */
  readonly worker: string;
  readonly connection: string;
  readonly seen: string;
  /** Who somebody says to be beside their pass; empty where there are no badges. */
  readonly who: string;
  /** A browser goes to a page (Fetch metadata): it may be led elsewhere and back. */
  readonly isNavigation: boolean;
}

export function readTold({ headers }: IncomingMessage): Told {
  const one = (name: string): string => String(headers[name] ?? '');
  const pathClass = one('x-poterne-class');
  return {
    publication: one('x-poterne-publication'),
    ...(pathClass === '' ? {} : { pathClass }),
    uri: one('x-poterne-uri'),
    host: (one('x-poterne-host') || one('host')).replace(/:\d+$/, '').toLowerCase(),
    address: one('x-poterne-address'),
    agent: one('x-poterne-agent') || one('user-agent'),
    hasCertificate: one('x-poterne-certificate') === 'SUCCESS',
    certificateIdentity: one('x-poterne-certificate-identity'),
    worker: one('x-poterne-worker'),
    connection: one('x-poterne-connection'),
    seen: one('x-poterne-seen'),
    who: one('x-poterne-who'),
    isNavigation: one('x-poterne-method') === 'GET' && one('x-poterne-fetch') === 'navigate',
  };
}

/** A text as a header's value: UTF-8, percent-encoded where it is not ASCII (and `%` and `|`, so that it can be read back). */
const headerText = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[^\x20-\x24\x26-\x7b\x7d\x7e]/gu, (character) => encodeURIComponent(character));

/** A list in a header: commas part, and those of a value are encoded. */
const headerList = (texts: readonly string[]): string =>
  texts.map((text) => headerText(text).replaceAll(',', '%2C')).join(',');

/** Who somebody is, as services are told in headers: `USER|NAME|EMAIL|GROUPS`, all but the user possibly empty. */
export const whoText = (user: User): string => [headerText(user.id), ...told(user)].join('|');

/** Who is let in, in one header: nginx reads it for each request, and takes it to pieces for services (`render/gate.ts`). */
export const verdictText = (user: User, session: string): string =>
  [headerText(user.id), headerText(session), ...told(user)].join('|');

const told = (user: User): string[] => [
  ...[user.title ?? user.login, user.email ?? ''].map(headerText),
  headerList(user.groups),
];
