import { request } from 'node:http';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { Fault } from '../model/fault.ts';
import { message } from '../model/message.ts';
import type { Healthy, Host, Service, Site, Upstream } from '../model/site.ts';
import type { Network } from '../verify/index.ts';
import { hostOf, type Reach } from './reach.ts';
import { fromVantage } from './vantage.ts';

/** Milliseconds for a service to answer. */
const patience = 10_000;
/** The most that is read of an answer, in bytes. */
const most = 64 * 1024;

/**
 * What is wrong with a host's services, of those that the description says how one knows (`healthy`): each place on the
 * host that serves one is asked from the host itself.
 */
export function servicesOf(site: Site, reach: Reach): (host: string) => Promise<Fault | undefined> {
  return async (name) => {
    const host = hostOf(site, name);
    const places = site.services.flatMap((service) => placesOn(host, service));
    if (places.length === 0) return undefined;
    try {
      return await fromVantage(site, host, reach, async (network) => {
        for (const { service, upstream, healthy } of places) {
          const reason = await troubleWith(network, upstream, healthy).catch((error: Error) => error.message);
          if (reason === undefined) continue;
          const params = { host: name, service: service.name, reason };
          return new Fault('update.service', params, { next: message('update.service.next', params) });
        }
        return undefined;
      });
    } catch (error) {
      if (error instanceof Fault) return error;
      throw error;
    }
  };
}

interface Place {
  readonly service: Service;
  readonly upstream: Upstream;
  readonly healthy: Healthy;
}

/** Where a host serves a service over HTTP. */
function placesOn(host: Host, service: Service): readonly Place[] {
  const { healthy, upstreams } = service;
  if (!healthy) return [];
  const own = [host.name, ...host.addresses];
  return upstreams
    .filter(
      ({ scheme, address }) =>
        scheme !== 'tcp' &&
        address.kind === 'tcp' &&
        (own.includes(address.host) || service.host === host.name),
    )
    .map((upstream) => ({ service, upstream, healthy }));
}

/** Why an answer is not what the description says; `undefined` when it is. */
async function troubleWith(
  network: Network,
  { scheme, address }: Upstream,
  { path, status, contains }: Healthy,
): Promise<string | undefined> {
  if (address.kind !== 'tcp') return undefined;
  const { host, port } = address;
  const [to = host] = isIP(host) ? [host] : await network.lookup(host);
  const wire = network.connect(to, port);
  // Whom its certificate was made for is the affair of `verify`.
  const stream: Duplex =
    scheme === 'https' ? connectTls({ socket: wire, servername: host, rejectUnauthorized: false }) : wire;
  try {
    const answer = await answerOf(stream, `${isIP(host) === 6 ? `[${host}]` : host}:${port}`, path);
    if (answer.status !== status) return `HTTP ${answer.status}`;
    return contains === undefined || answer.text.includes(contains)
      ? undefined
      : `HTTP ${answer.status}, "${contains}"?`;
  } finally {
    stream.destroy();
    wire.destroy();
  }
}

function answerOf(
  stream: Duplex,
  host: string,
  path: string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('ETIMEDOUT')), patience);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    stream.on('error', fail);
    const asking = request({
      createConnection: () => stream,
      path,
      headers: { Host: host, Connection: 'close' },
    });
    asking.on('error', fail);
    asking.once('response', (response) => {
      let text = '';
      const done = () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, text });
      };
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > most) done();
      });
      response.once('close', done);
    });
    asking.end();
  });
}
