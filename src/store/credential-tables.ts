import type { CreateTableBuilder, Kysely } from 'kysely';

/**
 * What people sign in with. `owner` is whose it is for good (a person's name, or what their source calls them when names change);
 * `person` is the id that they had when it was written, for people to read. Nothing here opens anything by being read: passwords are
 * scrypt, codes and cookies hashes, seeds of one-time codes are sealed with a key that lies elsewhere.
 */
export interface CredentialTables {
  /** Local passwords. `hash` says its own parameters. */
  credential_password: { site: string; owner: string; person: string; hash: string; changed: string };
  /** Guests: people who are not described, for a time. Their names are used once for all. */
  guest: {
    site: string;
    name: string;
    owner: string;
    title: string | null;
    email: string | null;
    /** JSON. */
    groups: string;
    ends: string;
    made_by: string;
    made: string;
  };
  /** Second factors: applications for one-time codes, and passkeys. */
  factor: {
    site: string;
    /** A passkey's credential id, or a random name. */
    id: string;
    owner: string;
    person: string;
    kind: 'totp' | 'passkey';
    /** As the person calls it. */
    name: string;
    /** A sealed seed, or a public key (COSE, base64url). */
    secret: string;
    /** The last step that was used, or the passkey's own counter. */
    counter: number;
    detail: string;
    made: string;
    used: string | null;
    /** Until it is confirmed it serves nobody, and it is forgotten at this moment. */
    pending: string | null;
  };
  recovery_code: { site: string; owner: string; hash: string; used: string | null };
  /** Devices that are not asked for a second factor again until `expires`. */
  remembered_device: {
    site: string;
    id: string;
    owner: string;
    hash: string;
    agent: string;
    made: string;
    used: string;
    expires: string;
  };
  /** What can be used once: invitations, and challenges of passkeys. */
  one_time: { site: string; kind: string; hash: string; owner: string; detail: string; expires: string };
  /** Attempts that failed in a row, and until when no other is looked at. */
  credential_attempt: {
    site: string;
    owner: string;
    kind: string;
    failures: number;
    last: string;
    until: string;
  };
}

/** Makes these tables. */
export async function createCredentialTables(db: Kysely<unknown>): Promise<void> {
  const table = async (
    name: string,
    key: readonly string[],
    texts: readonly string[],
    empty: readonly string[] = [],
    numbers: readonly string[] = [],
  ) => {
    let made = db.schema.createTable(name) as CreateTableBuilder<string, string>;
    for (const column of [...key, ...texts]) made = made.addColumn(column, 'text', (c) => c.notNull());
    for (const column of empty) made = made.addColumn(column, 'text');
    for (const column of numbers) made = made.addColumn(column, 'bigint', (c) => c.notNull());
    await made.addPrimaryKeyConstraint(`${name}_key`, [...key]).execute();
  };
  await table('credential_password', ['site', 'owner'], ['person', 'hash', 'changed']);
  await table('guest', ['site', 'name'], ['owner', 'groups', 'ends', 'made_by', 'made'], ['title', 'email']);
  await table(
    'factor',
    ['site', 'id'],
    ['owner', 'person', 'kind', 'name', 'secret', 'detail', 'made'],
    ['used', 'pending'],
    ['counter'],
  );
  await db.schema.createIndex('factor_owner').on('factor').columns(['site', 'owner']).execute();
  await table('recovery_code', ['site', 'owner', 'hash'], [], ['used']);
  await table('remembered_device', ['site', 'id'], ['owner', 'hash', 'agent', 'made', 'used', 'expires']);
  await table('one_time', ['site', 'kind', 'hash'], ['owner', 'detail', 'expires']);
  await table('credential_attempt', ['site', 'owner', 'kind'], ['last', 'until'], [], ['failures']);
}
