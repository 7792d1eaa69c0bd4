// A machine of real.test.ts: runs inside a network namespace and does what it is told, one JSON object a line.
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

const held = new Map();

/** Tells each caller who it saw, then sends as much as it is asked for, and otherwise what it is sent. */
function serve({ port }) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(`${socket.remoteAddress.replace(/^::ffff:/, '')}\n`);
    socket.on('data', (data) => {
      const wanted = /^big (\d+)/.exec(data.toString());
      if (wanted) socket.end(Buffer.alloc(Number(wanted[1]), 'x'));
      else socket.write(data);
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '::', () => resolve({}));
  });
}

/** Opens a connection: who the other side saw, or the error and how long it took; `patience` in milliseconds. */
function open({ host, port, from, big = 0, hold, patience = big ? 8000 : 1200 }) {
  return new Promise((resolve) => {
    const begun = performance.now();
    const socket = connect({ host, port, ...(from ? { localAddress: from } : {}) });
    const done = (answer) => {
      clearTimeout(timer);
      if (!hold) socket.destroy();
      resolve({ ...answer, milliseconds: Math.round(performance.now() - begun) });
    };
    const timer = setTimeout(() => done({ error: 'ETIMEDOUT' }), patience);
    let seen = '';
    let bytes = 0;
    socket.on('error', ({ code }) => done({ error: code }));
    socket.on('data', (data) => {
      if (seen === '') {
        seen = data.toString().split('\n')[0];
        if (big) socket.write(`big ${big}`);
        else {
          if (hold) held.set(hold, socket);
          done({ seen });
        }
      } else bytes += data.length;
    });
    socket.on('end', () => done({ seen, bytes }));
  });
}

/** Says something on a connection that is held, and waits for it to come back. */
function say({ hold, text }) {
  return new Promise((resolve) => {
    const socket = held.get(hold);
    const timer = setTimeout(() => resolve({ error: 'ETIMEDOUT' }), 1500);
    const done = (answer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    socket.once('data', (data) => done({ echo: data.toString() }));
    socket.once('error', ({ code }) => done({ error: code }));
    socket.write(text);
  });
}

function datagrams({ host, port, count }) {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    let left = count;
    socket.on('error', () => {});
    const next = () => (left-- > 0 ? socket.send('x', port, host, next) : socket.close(() => resolve({})));
    next();
  });
}

/** Ends a connection that is held, as soon as it is over. */
function end({ hold }) {
  const socket = held.get(hold);
  held.delete(hold);
  return new Promise((resolve) => {
    if (!socket || socket.destroyed) return resolve({});
    socket.once('close', () => resolve({}));
    socket.destroy();
  });
}

const doers = { serve, open, say, end, datagrams };

createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, op, ...told } = JSON.parse(line);
  const answer = await doers[op](told).catch((error) => ({ error: String(error) }));
  process.stdout.write(`${JSON.stringify({ id, ...answer })}\n`);
});
