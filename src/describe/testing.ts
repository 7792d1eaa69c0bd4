import path from 'node:path';
import { z } from 'zod';
import type { Engine } from '../engines/engine.ts';
import { duration, rate, size, speed } from '../lib/words.ts';
import { type Description, describe, type Files } from './index.ts';

/** Files in memory, by absolute path. */
export function memory(contents: Readonly<Record<string, string | Uint8Array>>): Files {
  const held = (file: string): Buffer => {
    const content = Object.hasOwn(contents, file) ? contents[file] : undefined;
    if (content === undefined) throw Object.assign(new Error(file), { code: 'ENOENT' });
    return Buffer.from(content as string);
  };
  return {
    read: async (file) => held(file).toString(),
    bytes: async (file) => held(file),
    async list(folder) {
      return Object.keys(contents)
        .filter((f) => path.dirname(f) === folder)
        .map((f) => path.basename(f));
    },
  };
}

/** An engine that only has words, of every kind that a real one has. */
export const wordy: Engine = {
  kind: 'server',
  name: 'wordy',
  packages: [],
  modules: () => [],
  listening: () => '',
  losesPeers: () => false,
  binary: 'wordy',
  schema: {
    host: {},
    gateway: {
      workers: z.number().int().default(2).describe('Workers.'),
      cache: z
        .strictObject({ size: size().describe('Size.') })
        .optional()
        .describe('Cache.'),
    },
    service: {
      'keep-alive': z.number().int().min(0).max(1000).default(32).describe('Idle connections.'),
      timeouts: z
        .strictObject({ read: duration().optional().describe('Between reads.') })
        .prefault({})
        .describe('Timeouts.'),
    },
    publication: {
      motto: z.string().min(2).max(5).optional().describe('Motto.'),
      uploads: size().optional().describe('Largest body.'),
      headers: z
        .strictObject({
          hsts: z
            .union([duration(), z.literal('off'), z.literal(false)])
            .prefault('1y')
            .describe('HSTS.'),
        })
        .prefault({})
        .describe('Headers.'),
    },
    route: {
      limits: z
        .strictObject({ requests: rate().describe('Rate.'), speed: speed().optional().describe('Speed.') })
        .optional()
        .describe('Limits.'),
    },
  },
  review: (site) =>
    site.publications
      .filter((p) => p.name === 'reviewed.localhost')
      .map((p) => ({ severity: 'warning', code: 'value.empty', params: { key: 'x' }, pointer: p.pointer })),
  render: () => [],
  seal: () => [{ path: 'seal', text: '' }],
  actions: {
    check: () => [],
    start: () => [],
    version: { argv: [], read: () => undefined },
    signals: { reload: 'SIGHUP', quit: 'SIGQUIT', stop: 'SIGTERM' },
    isEnding: () => false,
    pidFile: '',
    socket: '',
    hashPath: '',
    errorLog: '',
    folders: [],
    privateFiles: [],
  },
  diagnose: () => [],
  expect: () => [],
};

const engines: readonly Engine[] = [wordy];

/** What describing these files finds; `/site/site.yaml` is the main one. */
export function describeText(
  main: string,
  others: Readonly<Record<string, string>> = {},
): Promise<Description> {
  return describe('/site/site.yaml', {
    files: memory({ '/site/site.yaml': main, ...others }),
    engines,
  });
}
