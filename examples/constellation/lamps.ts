import type { IncomingMessage, Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

/** Whether each lamp of the house is lit. */
export type Lamps = Record<string, boolean>;

interface Command {
  readonly lamp: string;
  readonly on: boolean;
}

function commandOf(text: string, lamps: Lamps): Command | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('lamp' in value) || !('on' in value))
      return undefined;
    const { lamp, on } = value;
    return typeof lamp === 'string' && Object.hasOwn(lamps, lamp) && typeof on === 'boolean'
      ? { lamp, on }
      : undefined;
  } catch {
    return undefined;
  }
}

/** A page of another site must not switch our lamps; programs, which send no origin, may. */
function fromOurPages(request: IncomingMessage): boolean {
  const { origin, host = '' } = request.headers;
  if (origin === undefined) return true;
  // Names are compared without their ports: a gateway may listen on another one.
  return URL.canParse(origin) && new URL(origin).hostname === host.replace(/:\d+$/, '');
}

/**
 * The WebSocket of the house: `{"lamp": "kitchen", "on": true}` switches a lamp, and everybody connected is told;
 * `lamps` asks how they are; anything else comes back as it was sent.
 */
export function openSocket(server: Server, path: string, lamps: Lamps): { close(): void } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 4096 });
  const state = () => JSON.stringify({ lamps });

  server.on('upgrade', (request, socket, head) => {
    const refuse = (status: string) =>
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    if (request.url?.split('?')[0] !== path) return refuse('404 Not Found');
    if (!fromOurPages(request)) return refuse('403 Forbidden');
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => client.terminate());
      client.on('message', (data) => {
        const text = data.toString();
        const command = commandOf(text, lamps);
        if (command) {
          lamps[command.lamp] = command.on;
          for (const each of sockets.clients) each.send(state());
        } else {
          client.send(text === 'lamps' ? state() : text);
        }
      });
    });
  });

  // Proxies close what stays silent for a minute; one that no longer answers is gone.
  const silent = new WeakSet<WebSocket>();
  const heartbeat = setInterval(() => {
    for (const client of sockets.clients) {
      client.once('pong', () => silent.delete(client));
      if (silent.has(client)) client.terminate();
      silent.add(client);
      client.ping();
    }
  }, 25_000);

  return {
    close() {
      clearInterval(heartbeat);
      for (const client of sockets.clients) client.close(1001);
    },
  };
}
