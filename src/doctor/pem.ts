import { type Certificate, parseCertificate } from './certificate.ts';
import { type Diagnosis, diagnosis } from './diagnosis.ts';
import { formOf } from './form.ts';

/** A block of a PEM file (RFC 7468). */
export interface PemBlock {
  /** `CERTIFICATE`, `EC PRIVATE KEY`. */
  readonly label: string;
  /** The line of its BEGIN, from 1. */
  readonly line: number;
  /** As it stands in the file. */
  readonly text: string;
}

/** What a file holds, and what is wrong with how it holds it. */
export interface PemFile {
  readonly certificates: readonly Certificate[];
  /** Private keys, encrypted or not. */
  readonly keys: readonly PemBlock[];
  readonly crls: readonly PemBlock[];
  /** The labels of all blocks. */
  readonly labels: readonly string[];
  readonly found: readonly Diagnosis[];
}

const isCertificate = /^(X509 |TRUSTED )?CERTIFICATE$/;
const isKey = /PRIVATE KEY$/;
const isCrl = /^X509 CRL$/;

/** Reads a file of certificates or keys as OpenSSL does, and says where it cannot. Also takes one certificate in DER. */
export function readPem(bytes: Uint8Array): PemFile {
  const form = formOf(bytes);
  if (form.kind === 'der-certificate')
    return {
      ...nothing,
      certificates: [form.certificate],
      labels: ['CERTIFICATE'],
      found: [diagnosis('warning', 'cert.form.der')],
    };
  if (form.kind !== 'text') return { ...nothing, found: [form.found] };
  const { text, byteOrderMark } = form;
  const { blocks, found } = scan(text);
  const startsAtOnce = blocks[0]?.line === 1;
  if (byteOrderMark) found.unshift(diagnosis(startsAtOnce ? 'warning' : 'note', 'cert.pem.bom'));
  if (blocks.length === 0 && found.length === 0) found.push(diagnosis('error', 'cert.pem.none'));
  const certificates = blocks.flatMap((block) =>
    isCertificate.test(block.label) ? certificateOf(block, found) : [],
  );
  return {
    certificates,
    keys: blocks.filter(({ label }) => isKey.test(label)),
    crls: blocks.filter(({ label }) => isCrl.test(label)),
    labels: blocks.map(({ label }) => label),
    found,
  };
}

const nothing: PemFile = { certificates: [], keys: [], crls: [], labels: [], found: [] };

function certificateOf({ text, line }: PemBlock, found: Diagnosis[]): readonly Certificate[] {
  try {
    return [
      parseCertificate(
        text.replace(/-----(BEGIN|END) (?:X509 |TRUSTED )CERTIFICATE/g, '-----$1 CERTIFICATE'),
      ),
    ];
  } catch {
    found.push(diagnosis('error', 'cert.pem.content', { line }));
    return [];
  }
}

/** Finds the blocks of a text and what is wrong with them, line by line. */
function scan(text: string): { readonly blocks: readonly PemBlock[]; readonly found: Diagnosis[] } {
  const found: Diagnosis[] = [];
  const blocks: PemBlock[] = [];
  const lines = text.split('\n');
  const fail = (code: Parameters<typeof diagnosis>[1], params: Diagnosis['params']) =>
    found.push(diagnosis('error', code, params));
  let open: { label: string; line: number; from: number; bad: boolean; headers: boolean } | undefined;
  let firstBegin: number | undefined;
  if (/\r\n/.test(text)) found.push(diagnosis('note', 'cert.pem.crlf'));
  for (const [index, raw] of lines.entries()) {
    const [number, line] = [index + 1, raw.trimEnd()];
    if (/^-----BEGIN .*\\n/.test(line)) {
      fail('cert.pem.escaped', { line: number });
      return { blocks, found };
    }
    const begin = /^-----BEGIN ([^-]*)-----$/.exec(line)?.[1];
    const end = /^-----END ([^-]*)-----$/.exec(line)?.[1];
    if (begin !== undefined) {
      if (open) fail('cert.pem.end', { line: open.line, label: open.label, next: number });
      firstBegin ??= number;
      open = { label: begin, line: number, from: index, bad: false, headers: false };
    } else if (end !== undefined) {
      if (!open) fail('cert.pem.begin', { line: number, label: end });
      else if (open.label !== end) fail('cert.pem.label', { line: number, label: end, begun: open.label });
      else if (!open.bad)
        blocks.push({
          label: end,
          line: open.line,
          text: `${lines
            .slice(open.from, index + 1)
            .map((each) => each.trimEnd())
            .join('\n')}\n`,
        });
      open = undefined;
    } else if (/-----(BEGIN|END) |^-+ ?(BEGIN|END) .*-+$/.test(line))
      fail('cert.pem.line', { line: number, text: shown(line) });
    else if (open) {
      // RFC 1421's headers stand between BEGIN and an empty line, in encrypted keys of old.
      if (/^[\w-]+: /.test(line) && (open.headers || number === open.line + 1)) open.headers = true;
      else if (line === '' && open.headers) open.headers = false;
      else if (!open.bad && !/^[A-Za-z0-9+/]*={0,2}$/.test(line)) {
        const at = line.search(/[^A-Za-z0-9+/=]/);
        fail('cert.pem.base64', {
          line: number,
          column: at < 0 ? line.indexOf('=') + 1 : at + 1,
          text: shown(line.slice(Math.max(0, at), at + 20)),
        });
        open.bad = true;
      }
    }
  }
  if (open) fail('cert.pem.end', { line: open.line, label: open.label, next: lines.length });
  if (firstBegin !== undefined && lines.slice(0, firstBegin - 1).some((line) => line.trim() !== ''))
    found.push(diagnosis('note', 'cert.pem.text', { line: firstBegin }));
  return { blocks, found };
}

function shown(text: string): string {
  return text.trim().slice(0, 60);
}
