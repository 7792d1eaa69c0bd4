import { badgesFolder } from '../../lib/badge.ts';
import { pinFlags } from '../../lib/partner-pins.ts';
import type { EngineActions } from '../engine.ts';
import { wafLog } from './waf/base.ts';

/** nginx's own command line and signals. */
export const actions: EngineActions = {
  check: ({ prefix, folder }) => ['nginx', '-t', '-p', `${prefix}/`, '-c', `${folder}/nginx.conf`],
  start: ({ prefix, folder }) => [
    'nginx',
    '-p',
    `${prefix}/`,
    '-c',
    `${folder}/nginx.conf`,
    '-g',
    'daemon off;',
  ],
  version: {
    argv: ['nginx', '-v'],
    read: (output) => /nginx\/(\d+\.\d+\.\d+)/.exec(output)?.[1],
  },
  signals: { reload: 'SIGHUP', quit: 'SIGQUIT', stop: 'SIGTERM' },
  isEnding: (title) => title.endsWith('is shutting down'),
  pidFile: 'run/nginx.pid',
  socket: 'run/status.sock',
  hashPath: '/hash',
  errorLog: 'log/error.log',
  folders: [
    { path: 'run', account: 'enters' },
    { path: pinFlags, account: 'enters' },
    { path: 'log', account: 'enters' },
    { path: badgesFolder, account: 'enters' },
    // Verdicts are forgotten by removing them.
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi', 'verdicts'].map((of) => ({
      path: `run/${of}`,
      account: 'writes' as const,
    })),
  ],
  privateFiles: [wafLog],
};
