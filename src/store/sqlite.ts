import { chmodSync } from 'node:fs';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import Database from 'libsql';

/**
 * The SQLite database of a file, mode 0600. A statement that was refused for another process's lock stays under way in this library, and
 * no transaction of that connection can be committed any more: the next work has a new one.
 */
export function openDatabase(file: string, timeout: number): SqliteDatabase {
  const connect = () => {
    const made = new Database(file, { timeout });
    chmodSync(file, 0o600);
    made.pragma('journal_mode = WAL');
    return made;
  };
  let database = connect();
  let isStale = false;
  let inTransaction = false;
  const watched = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (!String((error as { code?: string }).code).startsWith('SQLITE_CONSTRAINT')) isStale = true;
      throw error;
    }
  };
  return {
    prepare(sql): SqliteStatement {
      if (isStale && !inTransaction) {
        const old = database;
        database = connect();
        isStale = false;
        old.close();
      }
      const verb = sql.trimStart().slice(0, 8).toLowerCase();
      const made = watched(() => database.prepare(sql));
      const done = <T>(result: T): T => {
        if (verb.startsWith('begin')) inTransaction = true;
        if (verb.startsWith('commit')) inTransaction = false;
        return result;
      };
      // Whatever becomes of it, the transaction is over.
      if (verb.startsWith('rollback') && !sql.includes(' to ')) inTransaction = false;
      return {
        reader: made.reader,
        all: (values) => watched(() => made.all([...values])),
        run: (values) => watched(() => done(made.run([...values]))) as never,
        iterate: (values) => made.iterate([...values]) as IterableIterator<unknown>,
      };
    },
    close: () => void database.close(),
  };
}
