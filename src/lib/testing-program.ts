import { fileURLToPath } from 'node:url';

/**
 * The command line, as users start it. It is one file then, which takes a tenth of the processor time that hundreds of sources
 * take to start: tests start it hundreds of times.
 */
export const program = fileURLToPath(new URL('../../poterne', import.meta.url));
