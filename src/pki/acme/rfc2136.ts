import { connect } from 'node:net';
import type { UpdateChallenge } from '../../model/acme.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import { readSecret } from '../../secrets/read.ts';
import type { RecordPlace } from './dns-names.ts';
import {
  readAnswer,
  type SignedUpdate,
  signUpdate,
  type TsigKey,
  type Update,
  type UpdateAnswer,
} from './dns-update.ts';
import type { RecordWriter } from './dns01.ts';

const patience = 15_000;
const rcodes = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
];
const tsigErrors: Readonly<Record<number, string>> = {
  16: 'BADSIG',
  17: 'BADKEY',
  18: 'BADTIME',
  22: 'BADTRUNC',
};

/**
 * Writes records by dynamic updates (RFC 2136) over TCP, signed with the described key. Throws `acme.update.form`,
 * `acme.update.unreachable`, `acme.update.key`, `acme.update.time`, `acme.update.refused`, and those of its secret.
 */
export function updateWriter(challenge: UpdateChallenge, now: () => number = Date.now): RecordWriter {
  const act = async (place: RecordPlace, value: string, action: Update['action']) => {
    const { record: name } = place;
    const zone = challenge.zone ?? place.zone;
    const key = await readKey(challenge);
    const signed = signUpdate({ zone, name, value, action }, key, now());
    const answer = await ask(challenge, signed, key);
    if (answer.rcode === 0 && answer.isSigned) return;
    throw refused(challenge, answer, zone, name);
  };
  return {
    add: (place, value) => act(place, value, 'add'),
    remove: (place, value) => act(place, value, 'remove'),
  };
}

async function readKey({ key: { name, algorithm, secret } }: UpdateChallenge): Promise<TsigKey> {
  const text = await readSecret(secret);
  if (!/^[A-Za-z\d+/]{16,}={0,2}$/.test(text)) {
    const params = { file: secret.file };
    throw new Fault('acme.update.form', params, {
      pointer: secret.pointer,
      next: message('acme.update.form.next', params),
    });
  }
  return { name, algorithm, secret: Buffer.from(text, 'base64') };
}

/** `10.0.0.53`, `[2001:db8::53]:5353`, `ns.example.fr:53` → where to connect. */
function endpointOf(server: string): { host: string; port: number } {
  const found = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(server);
  if (!found) return { host: server, port: 53 };
  return { host: (found[1] ?? found[2]) as string, port: Number(found[3] ?? 53) };
}

function ask(challenge: UpdateChallenge, signed: SignedUpdate, key: TsigKey): Promise<UpdateAnswer> {
  const { server, pointer } = challenge;
  return new Promise((resolve, reject) => {
    const socket = connect({ ...endpointOf(server), timeout: patience });
    const fail = (reason: string, cause?: unknown) => {
      socket.destroy();
      const params = { server, reason };
      const next = message('acme.update.unreachable.next', params);
      reject(new Fault('acme.update.unreachable', params, { cause, pointer, next }));
    };
    let bytes = Buffer.alloc(0);
    const timer = setTimeout(() => fail('ETIMEDOUT'), 2 * patience);
    socket.on('timeout', () => fail('ETIMEDOUT'));
    socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message, error));
    socket.on('close', () => {
      clearTimeout(timer);
      fail('it closed the connection');
    });
    socket.on('data', (part) => {
      bytes = Buffer.concat([bytes, part]);
      if (bytes.length < 2 || bytes.length < 2 + bytes.readUInt16BE(0)) return;
      try {
        resolve(readAnswer(bytes.subarray(2, 2 + bytes.readUInt16BE(0)), signed, key));
        socket.destroy();
      } catch (error) {
        fail('its answer is none to an update', error);
      }
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(signed.message.length);
    socket.write(Buffer.concat([length, signed.message]));
  });
}

function refused(challenge: UpdateChallenge, answer: UpdateAnswer, zone: string, name: string): Fault {
  const { server, key, pointer } = challenge;
  const word = rcodes[answer.rcode] ?? `RCODE ${answer.rcode}`;
  const error = tsigErrors[answer.tsigError];
  const reason = error ?? (answer.rcode === 0 ? 'its answer is not signed' : word);
  const params = { server, key: key.name, zone, name, reason };
  const code =
    answer.tsigError === 18
      ? 'acme.update.time'
      : error !== undefined || answer.rcode === 0
        ? 'acme.update.key'
        : 'acme.update.refused';
  return new Fault(code, params, { pointer, next: message(`${code}.next`, params) });
}
