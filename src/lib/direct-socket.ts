import { sha256 } from './digest.ts';

/**
 * Where the server of a direct publication listens, below the engine's prefix; the path of a socket must be short. Each connection
 * that it accepts has this name, by which the publication's live ones are found.
 */
export const directSocket = (id: string): string => `run/${id.slice(0, 16)}-${sha256(id).slice(0, 8)}.sock`;
