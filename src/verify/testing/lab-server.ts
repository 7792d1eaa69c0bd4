/**
 * A web application that lab tests run in a host's network: https on port 443 of every address, with a page, an event
 * stream and a WebSocket. Says the root of its certificate on standard output once it listens.
 */
import { createServer } from 'node:https';
import { WebSocketServer } from 'ws';
import { issue } from './pki.ts';

const [name = ''] = process.argv.slice(2);
const root = await issue({ common: 'Lab root', authority: true });
const leaf = await issue({ names: [name], by: root });

const server = createServer({ cert: leaf.cert + root.cert, key: leaf.key }, (request, response) => {
  if (request.url === '/events') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const timer = setInterval(() => response.write(`data: ${new Date().toISOString()}\n\n`), 200);
    response.on('close', () => clearInterval(timer));
  } else response.end(`you are ${request.socket.remoteAddress}\n`);
});
new WebSocketServer({ server, path: '/ws' }).on('connection', (socket) =>
  socket.on('message', (data) => socket.send(`${data} pong`)),
);
server.listen(443, '::', () => console.log(root.cert));
