import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';

/** What somebody asks to record; prices are in cents. */
export interface NewOrder {
  readonly customer: string;
  readonly item: string;
  readonly quantity: number;
  readonly price: number;
}

export interface Order extends NewOrder {
  readonly id: number;
  readonly createdAt: string;
}

export interface Attachment {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

export interface Store {
  /** Where the attachments' contents are, each under its id. */
  readonly files: string;
  orders(): readonly Order[];
  addOrder(order: NewOrder): void;
  attachments(): readonly Attachment[];
  attachment(id: string): Attachment | undefined;
  addAttachment(attachment: Attachment): void;
  close(): void;
}

/** Opens the application's folder, and makes it when it is not there; nobody else may read it. */
export function openStore(folder: string): Store {
  const files = join(folder, 'attachments');
  mkdirSync(files, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const database = new Database(join(folder, 'open-prod.db'));
  database.exec(`
    pragma journal_mode = wal;
    create table if not exists orders (
      id integer primary key,
      customer text not null,
      item text not null,
      quantity integer not null check (quantity > 0),
      price integer not null check (price >= 0),
      createdAt text not null default (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
    );
    create table if not exists attachments (
      id text primary key,
      name text not null,
      size integer not null,
      sha256 text not null
    );
  `);
  const insertOrder = database.prepare(
    'insert into orders (customer, item, quantity, price) values (?, ?, ?, ?)',
  );
  const selectOrders = database.prepare(
    'select id, customer, item, quantity, price, createdAt from orders order by id desc limit 100',
  );
  const insertAttachment = database.prepare(
    'insert into attachments (id, name, size, sha256) values (?, ?, ?, ?)',
  );
  const selectAttachments = database.prepare(
    'select id, name, size, sha256 from attachments order by rowid desc limit 100',
  );
  const selectAttachment = database.prepare('select id, name, size, sha256 from attachments where id = ?');

  return {
    files,
    orders: () => selectOrders.all() as Order[],
    addOrder: ({ customer, item, quantity, price }) => {
      insertOrder.run(customer, item, quantity, price);
    },
    attachments: () => selectAttachments.all() as Attachment[],
    attachment: (id) => selectAttachment.get(id) as Attachment | undefined,
    addAttachment: ({ id, name, size, sha256 }) => {
      insertAttachment.run(id, name, size, sha256);
    },
    close: () => database.close(),
  };
}
