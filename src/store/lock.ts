import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { Fault } from '../model/fault.ts';

/**
 * Runs `work` while holding the folder's lock. It is an SQLite write transaction: the kernel releases it when the
 * process dies, however it dies, so no stale lock is ever left. Throws `lock.held` when another process holds it
 * for longer than `wait` milliseconds.
 */
export async function withLock<T>(folder: string, wait: number, work: () => Promise<T>): Promise<T> {
  const file = join(folder, 'lock.db');
  const database = new Database(file, { timeout: 0 });
  // Whoever may read it may hold it too.
  chmodSync(file, 0o600);
  try {
    await acquire(database, folder, Date.now() + wait);
    try {
      return await work();
    } finally {
      database.exec('ROLLBACK');
    }
  } finally {
    database.close();
  }
}

async function acquire(database: Database.Database, folder: string, until: number): Promise<void> {
  for (;;) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return;
    } catch (cause) {
      if (!/busy|locked/i.test((cause as Error).message)) throw cause;
      if (Date.now() >= until) throw new Fault('lock.held', { folder }, { cause });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
