import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';

/** A dynamic update of one TXT record (RFC 2136), signed with a shared key (TSIG, RFC 8945), as bytes. No packet library knows either. */

export interface TsigKey {
  readonly name: string;
  readonly algorithm: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
  readonly secret: Buffer;
}

export interface Update {
  readonly zone: string;
  readonly name: string;
  readonly value: string;
  readonly action: 'add' | 'remove';
}

/** A signed update, and what its answer is verified with. */
export interface SignedUpdate {
  readonly message: Buffer;
  readonly id: number;
  readonly mac: Buffer;
}

const types = { soa: 6, txt: 16, tsig: 250 } as const;
const classes = { in: 1, none: 254, any: 255 } as const;
const opcodeUpdate = 5 << 11;
/** Seconds that our clock and the server's may differ by. */
const fudge = 300;
/** Short: nobody should remember a proof. */
const ttl = 60;

const u16 = (...values: readonly number[]) => {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [n, value] of values.entries()) bytes.writeUInt16BE(value, n * 2);
  return bytes;
};
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const u48 = (value: number) => {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
};

/** A domain name, uncompressed and in lower case, as TSIG digests it. Throws where it is none. */
function encodeName(name: string): Buffer {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  const parts = labels.map((label) => {
    const bytes = Buffer.from(label, 'latin1');
    if (bytes.length === 0 || bytes.length > 63) throw new RangeError(`not a domain name: ${name}`);
    return Buffer.concat([Buffer.of(bytes.length), bytes]);
  });
  return Buffer.concat([...parts, Buffer.of(0)]);
}

/** Adds one record beside others of its name, or removes just that one (RFC 2136 §2.5.1 and §2.5.4). */
export function signUpdate(update: Update, key: TsigKey, now: number): SignedUpdate {
  const id = randomInt(65_536);
  const text = Buffer.from(update.value, 'latin1');
  const data = Buffer.concat([Buffer.of(text.length), text]);
  const isAdded = update.action === 'add';
  const body = Buffer.concat([
    ...[encodeName(update.zone), u16(types.soa, classes.in)],
    ...[encodeName(update.name), u16(types.txt, isAdded ? classes.in : classes.none), u32(isAdded ? ttl : 0)],
    ...[u16(data.length), data],
  ]);
  const header = (additional: number) => u16(id, opcodeUpdate, 1, 0, 1, additional);
  const time = u48(Math.floor(now / 1000));
  const mac = hmac(key, [header(0), body, variables(key, time, fudge, 0, Buffer.alloc(0))]);
  const rdata = Buffer.concat([
    ...[encodeName(key.algorithm), time, u16(fudge, mac.length), mac, u16(id, 0, 0)],
  ]);
  const tsig = Buffer.concat([
    ...[encodeName(key.name), u16(types.tsig, classes.any), u32(0), u16(rdata.length), rdata],
  ]);
  return { id, mac, message: Buffer.concat([header(1), body, tsig]) };
}

function hmac(key: TsigKey, parts: readonly Buffer[]): Buffer {
  const digest = createHmac(key.algorithm.replace('hmac-', ''), key.secret);
  for (const part of parts) digest.update(part);
  return digest.digest();
}

/** The part of TSIG's own data that is signed (RFC 8945 §4.3.3). */
function variables(key: TsigKey, time: Buffer, fudged: number, error: number, other: Buffer): Buffer {
  return Buffer.concat([
    ...[encodeName(key.name), u16(classes.any), u32(0), encodeName(key.algorithm)],
    ...[time, u16(fudged, error, other.length), other],
  ]);
}

/** What a server made of an update. */
export interface UpdateAnswer {
  /** 0 where it was done (RFC 2136 §2.2). */
  readonly rcode: number;
  /** 16 BADSIG, 17 BADKEY, 18 BADTIME (RFC 8945 §3), 0 otherwise. */
  readonly tsigError: number;
  /** Whether it is signed with our key, as every answer is to whom the server knows. */
  readonly isSigned: boolean;
}

/** Reads the answer to an update. Throws where it is none. */
export function readAnswer(bytes: Buffer, { id, mac }: SignedUpdate, key: TsigKey): UpdateAnswer {
  if (bytes.length < 12 || bytes.readUInt16BE(0) !== id || (bytes.readUInt16BE(2) & 0x8000) === 0)
    throw new RangeError('not an answer to this update');
  const rcode = bytes.readUInt16BE(2) & 0xf;
  const counts = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at)) as [number, number, number, number];
  let at = 12;
  for (let n = 0; n < counts[0]; n++) at = skipName(bytes, at) + 4;
  const records = counts[1] + counts[2] + counts[3];
  for (let n = 0; n < records; n++) {
    const start = at;
    at = skipName(bytes, at);
    const type = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 8);
    const data = at + 10;
    at = data + length;
    if (type !== types.tsig || n !== records - 1) continue;
    let field = skipName(bytes, data);
    const time = bytes.subarray(field, field + 6);
    const fudged = bytes.readUInt16BE(field + 6);
    const size = bytes.readUInt16BE(field + 8);
    const theirs = bytes.subarray(field + 10, field + 10 + size);
    field += 10 + size + 2;
    const tsigError = bytes.readUInt16BE(field);
    const other = bytes.subarray(field + 4, field + 4 + bytes.readUInt16BE(field + 2));
    const unsigned = Buffer.from(bytes.subarray(0, start));
    unsigned.writeUInt16BE(counts[3] - 1, 10);
    const ours = hmac(key, [
      ...[u16(mac.length), mac, unsigned, variables(key, time, fudged, tsigError, other)],
    ]);
    return { rcode, tsigError, isSigned: ours.length === theirs.length && timingSafeEqual(ours, theirs) };
  }
  return { rcode, tsigError: 0, isSigned: false };
}

/** The offset behind a name, which may end in a pointer (RFC 1035 §4.1.4). */
function skipName(bytes: Buffer, at: number): number {
  for (let offset = at; ; ) {
    const length = bytes.readUInt8(offset);
    if (length === 0) return offset + 1;
    if ((length & 0xc0) === 0xc0) return offset + 2;
    offset += length + 1;
  }
}
