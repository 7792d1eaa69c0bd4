import { readFileSync } from 'node:fs';

/** scripts/build.mjs puts the text itself here: the bundle stands alone. */
declare const POTERNE_HOST_SCRIPT: string | undefined;

/** What runs on a host, in one piece. */
export const hostScript = typeof POTERNE_HOST_SCRIPT === 'string' ? POTERNE_HOST_SCRIPT : fromSources();

function fromSources(): string {
  return ['common', 'compare', 'packages', 'apply', 'confirm', 'main']
    .map((name) => readFileSync(new URL(`./script/${name}.sh`, import.meta.url), 'utf8'))
    .join('\n');
}
