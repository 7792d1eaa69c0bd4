/**
 * A small ERP (see the README beside):
 *
 *     node --import tsx examples/open-prod/app.ts
 *
 * It keeps its data in the folder named by OPEN_PROD_DATA; without it, in a new one that goes with the application.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from '../web.ts';
import { openProd } from './server.ts';
import { openStore } from './store.ts';

const kept = process.env.OPEN_PROD_DATA;
const folder = kept ? resolve(kept) : mkdtempSync(join(tmpdir(), 'open-prod-'));
const store = openStore(folder);

process.on('exit', () => {
  store.close();
  if (!kept) rmSync(folder, { recursive: true, force: true });
});

await run('open-prod', [
  { name: 'open-prod', server: openProd(store), variable: 'OPEN_PROD_PORT', port: 18069, path: '/web/login' },
]);
