import { readdirSync, readFileSync } from 'node:fs';

/** scripts/build.mjs puts the text itself here: the bundle stands alone. */
declare const POTERNE_HOST_SCRIPT: string | undefined;

/** What runs on a host, in one piece. */
export const hostScript = typeof POTERNE_HOST_SCRIPT === 'string' ? POTERNE_HOST_SCRIPT : fromSources();

function fromSources(): string {
  const folder = new URL('./script/', import.meta.url);
  const files = readdirSync(folder)
    .sort()
    .map((name) => new URL(name, folder));
  // Shared with what updates hosts.
  const apt = new URL('../../hosts/script/apt.sh', import.meta.url);
  return [apt, ...files].map((file) => readFileSync(file, 'utf8')).join('\n');
}
