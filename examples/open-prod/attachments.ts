import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Attachment, Store } from './store.ts';

/** Writes a request's body to disk as it comes, whatever its size, and records it; a broken upload leaves nothing. */
export async function receive(request: IncomingMessage, name: string, store: Store): Promise<Attachment> {
  // The name that the visitor gave is never a name on our disk.
  const id = randomUUID();
  const path = join(store.files, id);
  const hash = createHash('sha256');
  let size = 0;
  try {
    await pipeline(
      request,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          size += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(`${path}.part`, { mode: 0o600 }),
    );
    await rename(`${path}.part`, path);
  } catch (error) {
    await rm(`${path}.part`, { force: true });
    throw error;
  }
  const attachment = { id, name, size, sha256: hash.digest('hex') };
  store.addAttachment(attachment);
  return attachment;
}

/** Sends an attachment back, as a file to keep and never as a page to show. */
export async function give(response: ServerResponse, attachment: Attachment, store: Store): Promise<void> {
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': attachment.size,
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(attachment.name).replace(/['()*]/g, escape)}`,
    'x-content-type-options': 'nosniff',
  });
  await pipeline(createReadStream(join(store.files, attachment.id)), response);
}
