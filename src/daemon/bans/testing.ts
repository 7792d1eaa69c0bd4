import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:net';
import { gatewayUp, makeRig, poterne, type Rig } from '../../apply/testing.ts';
import type { Ban } from '../../model/bans.ts';
import { banned, readBans } from './records.ts';

/** Helpers of the tests of bans: gateways whose visitors come through a load balancer that is believed, since loopback itself is never banned. */

/** A gateway whose daemon runs. */
export interface Started {
  readonly rig: Rig;
  /** Kills the daemon; what nginx serves goes on. */
  end(): Promise<void>;
  /** Starts it once more. */
  again(): Promise<void>;
  /** What the daemon that runs has said. */
  said(): string;
  /** Runs a command on the same machine, whose clock is the daemon's. */
  run(...argv: readonly string[]): Promise<{ readonly status: number | string; readonly said: string }>;
}

/** A gateway of this description, which ends with the test. */
export async function started(
  yaml: (rig: Rig) => string,
  ports?: Rig['ports'],
  env: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const rig = await makeRig(ports);
  await rig.write('site.yaml', yaml(rig));
  let daemon = await gatewayUp(rig, env);
  return {
    rig,
    said: () => daemon.said(),
    run: async (...argv) => {
      const command = poterne([...argv, '--state', rig.state], undefined, env);
      return { status: await command.ended, said: command.said() };
    },
    end: async () => {
      daemon.child.kill('SIGKILL');
      await once(daemon.child, 'close').catch(() => undefined);
    },
    again: async () => {
      daemon = await gatewayUp(rig, env);
    },
  };
}

/** What a visitor at an address is told. */
export function visit(
  { ports, gateway }: Rig,
  from: string,
  headers = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const name = 'one.example.fr';
    const asked = request(
      {
        ...{
          host: '127.0.0.1',
          port: ports.https,
          servername: name,
          ca: gateway.authority.root,
          agent: false,
        },
        headers: { host: name, 'x-forwarded-for': from, ...headers },
      },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          body += part;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      },
    );
    asked.once('error', reject);
    asked.end();
  });
}

/** Asks for a name that nobody published. */
export async function scan({ ports }: Rig, from: string): Promise<void> {
  const socket = connect(ports.http, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.end(`GET /admin HTTP/1.1\r\nHost: nobody.example\r\nX-Forwarded-For: ${from}\r\n\r\n`);
  await new Promise((done) => socket.resume().once('close', done));
}

/** Who is banned. */
export const list = async (rig: Rig): Promise<readonly Ban[]> => banned(await readBans(rig.state));
export const networks = async (rig: Rig) => (await list(rig)).map(({ network }) => network);
