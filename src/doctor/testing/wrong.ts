import { execFileSync } from 'node:child_process';
import type { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nameConstraints } from '../../pki/authority/constraints.ts';
import * as x509 from '../../pki/x509.ts';
import { issue, type Pair, rsa, type Wanted } from '../../verify/testing/pki.ts';
import type { Purpose } from '../judged.ts';

/** Certificates that are wrong in one way each, and what OpenSSL is asked about the same file. */
export interface Case {
  /** What is wrong, in a word; also the name of the file. */
  readonly name: string;
  /** The PEM of the file. */
  readonly file: string;
  readonly purpose?: Purpose;
  readonly host?: string;
  readonly key?: string;
  /** The authorities; the tests' root where it is left out. */
  readonly ca?: string;
  /** The codes of what is found, the worst first. */
  readonly codes: readonly string[];
  /** OpenSSL's number (`verify`), or that it cannot read the file, or `mismatch` of name or key. */
  readonly openssl: number | 'unreadable' | 'mismatch';
}

const { ExtendedKeyUsage: use, KeyUsageFlags: may } = x509;
const usages = (...oids: string[]) => new x509.ExtendedKeyUsageExtension(oids);
const allowed = (flags: number) => new x509.KeyUsagesExtension(flags, true);
const both = [usages(use.serverAuth, use.clientAuth), allowed(may.digitalSignature)];
const signs = [allowed(may.keyCertSign | may.cRLSign)];
const names = ['app.example.fr'];

export const root: Pair = await issue({ common: 'Root', authority: true, extensions: signs });
export const middle: Pair = await issue({ common: 'Middle', authority: true, by: root, extensions: signs });
export const good: Pair = await issue({ names, by: middle, extensions: both });
const chain = good.cert + middle.cert;

const below = (wanted: Wanted) => issue({ names, by: middle, extensions: both, ...wanted });
/** A certificate below an intermediate that is wrong. */
const under = async (wanted: Wanted, of: readonly string[] = names) => {
  const wrong = await issue({ common: 'Wrong', authority: true, by: root, extensions: signs, ...wanted });
  return (await issue({ names: of, common: 'x', by: wrong, extensions: both })).cert + wrong.cert;
};
const leaf = async (wanted: Wanted) => (await below(wanted)).cert + middle.cert;

/** What the library does not make, OpenSSL does: the key that these arguments make, signed by the root as these say. */
function byOpenssl(key: readonly string[], sign: readonly string[] = [], by = root): string {
  const folder = mkdtempSync(join(tmpdir(), 'poterne-wrong-'));
  const at = (name: string) => join(folder, name);
  const openssl = (...argv: string[]) => execFileSync('openssl', argv, { stdio: 'pipe', encoding: 'utf8' });
  writeFileSync(at('ca.pem'), by.cert);
  writeFileSync(at('ca.key'), by.key);
  writeFileSync(at('ext'), `subjectAltName=DNS:${names[0]}\nbasicConstraints=critical,CA:FALSE\n`);
  const subject = ['-subj', '/CN=app.example.fr', '-nodes'];
  openssl('req', '-new', '-newkey', ...key, ...subject, '-keyout', at('key'), '-out', at('csr'));
  const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-extfile', at('ext')];
  const certificate = openssl('x509', '-req', '-in', at('csr'), ...signed, ...sign, '-days', '60');
  rmSync(folder, { recursive: true });
  return certificate;
}

/** MD5 goes with RSA alone. */
const old = await issue({ common: 'Old root', authority: true, extensions: signs, algorithm: rsa(2048) });
const stranger = await issue({ common: 'Stranger', authority: true, extensions: signs });
const alone = await issue({ names, extensions: both });
/** Another authority of the same name. */
const double = await issue({ common: 'Middle', authority: true, by: root, extensions: signs });
const rsa2048 = await below({ algorithm: rsa(2048) });
const deep = await issue({ common: 'Deep', authority: true, by: root, pathLength: 0, extensions: signs });
const deeper = await issue({ common: 'Deeper', authority: true, by: deep, extensions: signs });
/** An intermediate below the intermediate. */
const later = await issue({ common: 'Later', authority: true, by: middle, extensions: signs });
const noNames = await issue({ common: 'app.example.fr', by: middle, extensions: both });
/** Only names below example.org, and none of the addresses of a network. */
const limited = new x509.Extension(
  '2.5.29.30',
  true,
  nameConstraints({ names: ['example.org'], networks: ['10.0.0.0/8'] }),
);
const critical = new x509.Extension('1.2.3.4', true, new Uint8Array([5, 0]));

/** Each once; what is right is first. */
export const cases: readonly Case[] = [
  {
    name: 'healthy',
    file: chain,
    purpose: 'server',
    host: 'app.example.fr',
    key: good.key,
    codes: [],
    openssl: 0,
  },
  { name: 'future', file: await leaf({ from: 2, until: 9 }), codes: ['cert.future'], openssl: 9 },
  { name: 'expired', file: await leaf({ from: -9, until: -2 }), codes: ['cert.expired'], openssl: 10 },
  { name: 'soon', file: await leaf({ from: -60, until: 3 }), codes: ['cert.soon'], openssl: 0 },
  {
    name: 'client-only',
    file: await leaf({ extensions: [usages(use.clientAuth)] }),
    purpose: 'server',
    codes: ['cert.purpose.server'],
    openssl: 26,
  },
  {
    name: 'server-only',
    file: await leaf({ extensions: [usages(use.serverAuth)] }),
    purpose: 'client',
    codes: ['cert.purpose.client'],
    openssl: 26,
  },
  {
    name: 'any-usage',
    file: await leaf({ extensions: [usages('2.5.29.37.0')] }),
    purpose: 'client',
    codes: ['cert.purpose.client'],
    openssl: 26,
  },
  {
    name: 'no-handshake',
    file: await leaf({ extensions: [allowed(may.nonRepudiation)] }),
    purpose: 'server',
    codes: ['cert.usage'],
    openssl: 26,
  },
  {
    name: 'agreement-only',
    file: await leaf({ extensions: [allowed(may.keyAgreement)] }),
    purpose: 'server',
    codes: ['cert.usage.signature'],
    openssl: 0,
  },
  {
    name: 'authority-as-leaf',
    file: await leaf({ authority: true }),
    purpose: 'server',
    codes: ['cert.leaf.ca'],
    openssl: 0,
  },
  {
    name: 'leaf-as-authority',
    file: await under({ authority: false }),
    codes: ['cert.issuer.not-ca'],
    openssl: 79,
  },
  {
    name: 'authority-may-not-sign',
    file: await under({ extensions: [allowed(may.digitalSignature)] }),
    codes: ['cert.issuer.usage'],
    openssl: 79,
  },
  {
    name: 'too-deep',
    file: (await issue({ names, by: deeper, extensions: both })).cert + deeper.cert + deep.cert,
    codes: ['cert.issuer.length'],
    openssl: 25,
  },
  {
    name: 'authority-expired',
    file: await under({ from: -9, until: -2 }),
    codes: ['cert.issuer.expired'],
    openssl: 10,
  },
  {
    name: 'authority-future',
    file: await under({ from: 2, until: 9 }),
    codes: ['cert.issuer.future'],
    openssl: 9,
  },
  {
    name: 'authority-of-mail',
    file: await under({ extensions: [...signs, usages(use.emailProtection)] }),
    purpose: 'server',
    codes: ['cert.issuer.purpose'],
    openssl: 26,
  },
  {
    name: 'name-not-allowed',
    file: await under({ extensions: [...signs, limited] }),
    codes: ['cert.issuer.names'],
    openssl: 47,
  },
  {
    name: 'address-not-allowed',
    file: await under({ extensions: [...signs, limited] }, ['a.example.org', '192.0.2.1']),
    codes: ['cert.issuer.names'],
    openssl: 47,
  },
  {
    name: 'names-allowed',
    file: await under({ extensions: [...signs, limited] }, ['a.example.org', '10.1.2.3']),
    codes: [],
    openssl: 0,
  },
  {
    name: 'critical',
    file: await leaf({ extensions: [...both, critical] }),
    codes: ['cert.critical'],
    openssl: 34,
  },
  { name: 'weak-key', file: await leaf({ algorithm: rsa(1024) }), codes: ['cert.key.weak'], openssl: 0 },
  {
    name: 'odd-curve',
    file: byOpenssl(['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1']),
    codes: ['cert.key.curve'],
    openssl: 0,
  },
  {
    name: 'sha1',
    file: await leaf({ signing: { name: 'ECDSA', hash: 'SHA-1' } as webcrypto.Algorithm }),
    codes: ['cert.signature.weak'],
    openssl: 0,
  },
  {
    name: 'md5',
    file: byOpenssl(['ed25519'], ['-md5'], old),
    ca: old.cert,
    codes: ['cert.signature.weak'],
    openssl: 0,
  },
  { name: 'self-signed', file: alone.cert, codes: ['cert.self-signed'], openssl: 18 },
  { name: 'incomplete', file: good.cert, codes: ['cert.chain.incomplete'], openssl: 20 },
  {
    name: 'other-root',
    file: (await issue({ names, by: stranger, extensions: both })).cert + stranger.cert,
    codes: ['cert.chain.untrusted', 'cert.order.root'],
    openssl: 19,
  },
  {
    name: 'double',
    file: good.cert + double.cert,
    codes: ['cert.chain.signature', 'cert.order.stranger'],
    openssl: 7,
  },
  { name: 'partial', file: chain, ca: middle.cert, codes: ['cert.chain.incomplete'], openssl: 2 },
  { name: 'root-sent', file: chain + root.cert, codes: ['cert.order.root'], openssl: 0 },
  {
    name: 'order',
    file: (await issue({ names, by: later, extensions: both })).cert + middle.cert + later.cert,
    codes: ['cert.order'],
    openssl: 0,
  },
  { name: 'leaf-last', file: middle.cert + good.cert, codes: ['cert.order.leaf'], openssl: 0 },
  { name: 'with-stranger', file: chain + stranger.cert, codes: ['cert.order.stranger'], openssl: 0 },
  { name: 'twice', file: chain + middle.cert, codes: ['cert.order.twice'], openssl: 0 },
  { name: 'other-name', file: chain, host: 'other.example.fr', codes: ['cert.name'], openssl: 62 },
  {
    name: 'wildcard',
    file: await leaf({ names: ['*.example.fr'] }),
    host: 'app.example.fr',
    codes: [],
    openssl: 0,
  },
  {
    name: 'wildcard-deep',
    file: await leaf({ names: ['*.example.fr'] }),
    host: 'a.b.example.fr',
    codes: ['cert.name.wildcard'],
    openssl: 62,
  },
  {
    name: 'wildcard-bare',
    file: await leaf({ names: ['*.example.fr'] }),
    host: 'example.fr',
    codes: ['cert.name.wildcard'],
    openssl: 62,
  },
  {
    name: 'accents',
    file: await leaf({ names: ['xn--caf-dma.example.fr'] }),
    host: 'xn--caf-dma.example.fr',
    codes: [],
    openssl: 0,
  },
  { name: 'address', file: await leaf({ names: ['192.0.2.1'] }), host: '192.0.2.1', codes: [], openssl: 0 },
  {
    name: 'other-address',
    file: await leaf({ names: ['192.0.2.1'] }),
    host: '192.0.2.2',
    codes: ['cert.name'],
    openssl: 64,
  },
  {
    name: 'common-name-only',
    file: noNames.cert + middle.cert,
    host: 'app.example.fr',
    codes: ['cert.name.none'],
    openssl: 0,
  },
  { name: 'other-key', file: chain, key: root.key, codes: ['cert.key.mismatch'], openssl: 'mismatch' },
  {
    name: 'other-kind-of-key',
    file: chain,
    key: rsa2048.key,
    codes: ['cert.key.mismatch'],
    openssl: 'mismatch',
  },
  {
    name: 'bad-base64',
    file: good.cert.replace(/\n(.{9})./, '\n$1*'),
    codes: ['cert.pem.base64'],
    openssl: 'unreadable',
  },
  {
    name: 'no-end',
    file: good.cert.replace(/-----END.*/, ''),
    codes: ['cert.pem.end'],
    openssl: 'unreadable',
  },
  {
    name: 'no-begin',
    file: good.cert.replace(/-----BEGIN.*\n/, ''),
    codes: ['cert.pem.begin'],
    openssl: 'unreadable',
  },
  {
    name: 'other-end',
    file: good.cert.replace('END CERTIFICATE', 'END PRIVATE KEY'),
    codes: ['cert.pem.label'],
    openssl: 'unreadable',
  },
  {
    name: 'dashes',
    file: good.cert.replace('-----BEGIN', '----BEGIN'),
    codes: ['cert.pem.line', 'cert.pem.begin'],
    openssl: 'unreadable',
  },
  {
    name: 'indented',
    file: good.cert.replace('-----BEGIN', '  -----BEGIN'),
    codes: ['cert.pem.line', 'cert.pem.begin'],
    openssl: 'unreadable',
  },
  {
    name: 'escaped',
    file: good.cert.replaceAll('\n', '\\n'),
    codes: ['cert.pem.escaped'],
    openssl: 'unreadable',
  },
  { name: 'bom', file: `\ufeff${chain}`, codes: ['cert.pem.bom'], openssl: 0 },
  { name: 'crlf', file: chain.replaceAll('\n', '\r\n'), codes: ['cert.pem.crlf'], openssl: 0 },
  { name: 'text-before', file: `Issuer: Middle\n${chain}`, codes: ['cert.pem.text'], openssl: 0 },
  {
    name: 'cut',
    file: good.cert.replace(/\n.*\n-----END/, '\n-----END'),
    codes: ['cert.pem.content'],
    openssl: 'unreadable',
  },
  { name: 'a-key', file: good.key, codes: ['cert.none'], openssl: 'unreadable' },
  { name: 'nothing', file: 'not a certificate\n', codes: ['cert.pem.none'], openssl: 'unreadable' },
  { name: 'empty', file: '', codes: ['cert.form.empty'], openssl: 'unreadable' },
];
