import type { CreateTableBuilder, Kysely } from 'kysely';

/** The tables of those who have signed in. Of what a browser or a machine shows, only a hash is kept. */
export interface SessionTables {
  /** Somebody's signing in, from one browser. */
  session: {
    site: string;
    /** Public: logs and receipts name it. */
    id: string;
    /** SHA-256 of its secret. */
    hash: string;
    user_id: string;
    /** The user as their source told when it was last asked, and when that was. */
    who: string;
    checked: string;
    made: string;
    seen: string;
    /** How they showed a second time who they are: `{factor, at}`. */
    strength: string | null;
    address: string;
    agent: string;
    ended: string | null;
    why: string | null;
  };
  /** What a browser shows to one publication: a session, as strong as it was when this was made. */
  session_pass: {
    site: string;
    id: string;
    hash: string;
    session: string;
    publication: string;
    host: string;
    strength: string | null;
    made: string;
  };
  /** What carries a session from the portal's name to a publication's: once, and for seconds. */
  session_code: {
    site: string;
    hash: string;
    session: string;
    publication: string;
    host: string;
    /** SHA-256 of what the browser got at the publication's name when it set out. */
    state: string;
    target: string;
    expires: string;
  };
  /** What a machine shows in a person's place. */
  service_token: {
    site: string;
    id: string;
    hash: string;
    name: string;
    user_id: string;
    /** Whose credentials theirs are; null: of whoever has the name. */
    owner: string | null;
    /** Ids of publications, and prefixes of paths; JSON. No path: all. */
    publications: string;
    paths: string;
    made: string;
    made_by: string;
    expires: string;
    used: string | null;
    used_from: string | null;
    revoked: string | null;
  };
  /** The public keys that a site's gateways sign identities with. */
  signing_key: { site: string; kid: string; jwk: string; until: string };
}

export const sessionMigrations = {
  '2026-11-26-sessions': {
    async up(db: Kysely<unknown>): Promise<void> {
      const table = (name: string, texts: readonly string[], empty: readonly string[] = []) => {
        let made = db.schema.createTable(name) as CreateTableBuilder<string, string>;
        for (const column of texts) made = made.addColumn(column, 'text', (c) => c.notNull());
        for (const column of empty) made = made.addColumn(column, 'text');
        return made;
      };
      await table(
        'session',
        ['site', 'id', 'hash', 'user_id', 'who', 'checked', 'made', 'seen', 'address', 'agent'],
        ['strength', 'ended', 'why'],
      )
        .addPrimaryKeyConstraint('session_key', ['site', 'id'])
        .execute();
      await db.schema.createIndex('session_user').on('session').columns(['site', 'user_id']).execute();
      await table(
        'session_pass',
        ['site', 'id', 'hash', 'session', 'publication', 'host', 'made'],
        ['strength'],
      )
        .addPrimaryKeyConstraint('session_pass_key', ['site', 'id'])
        .execute();
      await db.schema
        .createIndex('session_pass_of')
        .on('session_pass')
        .columns(['site', 'session'])
        .execute();
      await table('session_code', [
        ...['site', 'hash', 'session', 'publication', 'host', 'state', 'target', 'expires'],
      ])
        .addPrimaryKeyConstraint('session_code_key', ['site', 'hash'])
        .execute();
      await table(
        'service_token',
        [...['site', 'id', 'hash', 'name', 'user_id', 'publications', 'paths', 'made', 'made_by', 'expires']],
        ['used', 'used_from', 'revoked'],
      )
        .addPrimaryKeyConstraint('service_token_key', ['site', 'id'])
        .execute();
      await table('signing_key', ['site', 'kid', 'jwk', 'until'])
        .addPrimaryKeyConstraint('signing_key_key', ['site', 'kid'])
        .execute();
    },
  },
  '2026-11-26-token-owners': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable('service_token').addColumn('owner', 'text').execute();
    },
  },
};
