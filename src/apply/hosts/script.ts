import { readdirSync, readFileSync } from 'node:fs';

/** scripts/build.mjs puts the text itself here: the bundle stands alone. */
declare const POTERNE_HOST_SCRIPT: string | undefined;

/** What runs on a host, in one piece. */
export const hostScript = typeof POTERNE_HOST_SCRIPT === 'string' ? POTERNE_HOST_SCRIPT : fromSources();

function fromSources(): string {
  const folder = new URL('./script/', import.meta.url);
  const names = readdirSync(folder).sort();
  return names.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
}
