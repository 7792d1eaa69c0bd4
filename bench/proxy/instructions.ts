/**
 * The instructions that a request costs nginx outside the kernel, with Poterne's configuration, with the one written by
 * hand, and with Poterne's where somebody is signed in. Other than time, they hardly depend on what else the machine does. Needs valgrind.
 *
 *     npm run bench:instructions -- --json
 */
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { parseArgs } from 'node:util';
import { badgesFolder } from '../../src/lib/badge.ts';
import { listening, type Running, round, start } from '../measure.ts';
import { openSignedIn, signedInPort } from '../session/signed-in.ts';
import { openSides, ports } from './sides.ts';

const { values: options } = parseArgs({ options: { json: { type: 'boolean', default: false } } });

/** So many requests one after the other, all on one connection. */
async function ask(port: number, requests: number, header: string): Promise<void> {
  const socket: TLSSocket = connect({ port, servername: 'localhost', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  let answer = '';
  for (let n = 0; n < requests; n++) {
    socket.write(`GET / HTTP/1.1\r\nHost: localhost:${port}\r\n${header}\r\n`);
    for (answer = ''; !answer.endsWith(`\r\n\r\n${'x'.repeat(2048)}`); ) {
      answer += (await once(socket, 'data'))[0];
      // Any other answer may have no such end.
      if (!answer.startsWith('HTTP/1.1 200')) throw new Error(answer);
    }
  }
  socket.destroy();
}

/** All instructions of an nginx that answers so many requests, from its start to its end. */
async function count(
  config: string,
  prefix: string,
  port: number,
  requests: number,
  header = '',
): Promise<number> {
  const file = join(prefix, 'callgrind.out');
  const nginx = ['nginx', '-p', `${prefix}/`, '-c', config, '-g', 'daemon off; master_process off;'];
  // Where its workers would be: alone, it does not go there.
  const place = join(prefix, badgesFolder);
  await mkdir(place, { recursive: true });
  const valgrind = ['valgrind', '--tool=callgrind', `--callgrind-out-file=${file}`];
  const counted = await start(['env', '-C', place, ...valgrind, ...nginx]);
  try {
    await listening(port, counted);
    await ask(port, requests, header);
  } finally {
    await counted.stop();
  }
  // A process alone leaves its socket behind.
  for (const name of ['status', 'verdicts']) await rm(join(prefix, `run/${name}.sock`), { force: true });
  const total = /^(?:summary|totals): (\d+)/m.exec(await readFile(file, 'utf8'));
  if (!total) throw new Error(`no total in ${file}: ${counted.said()}`);
  return Number(total[1]);
}

const sides = await openSides();
const running: Pick<Running, 'stop'>[] = [];
try {
  const service = await sides.fill('upstream.conf', 'upstream');
  const upstream = await start(['nginx', '-p', dirname(service), '-c', service, '-g', 'daemon off;']);
  running.push(upstream);
  await listening(ports.upstream, upstream);
  // Run once as it is for real, for what it writes; then alone.
  await (await sides.poterne())();
  const byHand = await sides.fill('by-hand.conf', 'by-hand');
  const signedIn = await openSignedIn(sides);
  running.push(signedIn);
  await signedIn.quit();
  const places = [
    [join(sides.poternePrefix, 'current/nginx.conf'), sides.poternePrefix, ports.poterne],
    [byHand, dirname(byHand), ports.nginx],
    [join(signedIn.prefix, 'current/nginx.conf'), signedIn.prefix, signedInPort, `${signedIn.cookie}\r\n`],
  ] as const;
  const each: number[] = [];
  for (const [config, prefix, port, header] of places) {
    // The difference leaves out the start, the handshake and the end.
    const [few, many] = [
      await count(config, prefix, port, 100, header),
      await count(config, prefix, port, 900, header),
    ];
    each.push(Math.round((many - few) / 800));
  }
  const [poterne = 0, other = 0, known = 0] = each;
  if (!options.json)
    console.log(`instructions of a request: Poterne ${poterne}, by hand ${other}, signed in ${known}`);
  console.log(
    // Poterne's figure first, the one of who is signed in last.
    JSON.stringify({
      bench: 'instructions',
      perRequest: each,
      ratioNginxInstructions: round(other / poterne),
      ratioAnonymousInstructions: round(poterne / known),
    }),
  );
} finally {
  await Promise.all(running.map((side) => side.stop()));
  await sides.remove();
}
