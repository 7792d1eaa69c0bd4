import { lookup } from 'node:dns/promises';
import { request } from 'node:http';
import { inNetwork, privateBlocks } from '../lib/ip.ts';
import { type Diagnosis, diagnosis } from './diagnosis.ts';

/** What may be asked for over the network; nothing where there is none. */
export interface Fetching {
  /** Addresses that are not of the internet are asked too: a certificate could name any service of the house. */
  readonly private: boolean;
}

/** What came, or why not. */
export type Fetched = { readonly bytes: Buffer } | { readonly found: Diagnosis };

const timeout = 8000;
/** A CRL of a large authority has some megabytes. */
const largest = 16 << 20;
const unroutable = [...privateBlocks, '0.0.0.0/8', '224.0.0.0/3', '::/128', 'ff00::/8'];

/**
 * Asks for what a certificate says is published (RFC 5280 §4.2.2.1): over http alone, at that URL and nowhere else, within
 * bounds of time and size, and of no private address unless that is allowed.
 */
export async function fetchPublished(
  url: string,
  { private: isPrivateAllowed }: Fetching,
  post?: { readonly type: string; readonly body: Uint8Array },
): Promise<Fetched> {
  const failed = (reason: string): Fetched => ({
    found: diagnosis('warning', 'cert.fetch.failed', { url, reason }),
  });
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'http:' || parsed.username !== '') return failed('http');
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  const addresses = await lookup(host, { all: true }).catch(() => []);
  const [first] = addresses;
  if (!first) return failed('ENOTFOUND');
  const inner = addresses.find(({ address }) => unroutable.some((block) => inNetwork(address, block)));
  if (inner && !isPrivateAllowed)
    return { found: diagnosis('warning', 'cert.fetch.private', { url, address: inner.address }) };
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (fetched: Fetched) => {
      clearTimeout(limit);
      resolve(fetched);
      asked.destroy();
    };
    const limit = setTimeout(() => end(failed('ETIMEDOUT')), timeout);
    const asked = request(
      {
        // The address that was looked at, whatever the name says next.
        ...{
          host: first.address,
          port: parsed.port || 80,
          path: `${parsed.pathname}${parsed.search}`,
          agent: false,
        },
        method: post ? 'POST' : 'GET',
        headers: {
          host: parsed.host,
          ...(post ? { 'content-type': post.type, 'content-length': post.body.length } : {}),
        },
      },
      (response) => {
        if (response.statusCode !== 200) return end(failed(`HTTP ${response.statusCode}`));
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > largest) end(failed(`> ${largest >> 20} MiB`));
          else chunks.push(chunk);
        });
        response.once('end', () => end({ bytes: Buffer.concat(chunks) }));
        response.once('error', (error: NodeJS.ErrnoException) => end(failed(error.code ?? error.message)));
      },
    );
    asked.once('error', (error: NodeJS.ErrnoException) => end(failed(error.code ?? error.message)));
    asked.end(post?.body);
  });
}
