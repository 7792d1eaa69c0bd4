/**
 * The applications of a house, as three servers of one process (see the README beside):
 *
 *     node --import tsx examples/constellation/app.ts
 */
import { run } from '../web.ts';
import { constellation } from './constellation.ts';
import { jeedom } from './jeedom.ts';
import { zoneminder } from './zoneminder.ts';

const house = constellation();

await run(
  'constellation',
  [
    {
      name: 'constellation',
      server: house.server,
      variable: 'CONSTELLATION_PORT',
      port: 18088,
      path: '/constellation/',
    },
    { name: 'zoneminder', server: zoneminder(), variable: 'ZONEMINDER_PORT', port: 18081, path: '/zm/' },
    { name: 'jeedom', server: jeedom(), variable: 'JEEDOM_PORT', port: 18082, path: '/' },
  ],
  () => house.close(),
);
