import type { Site } from '../../../model/site.ts';
import type { Identity } from '../../../model/tls.ts';
import type { Module } from '../../engine.ts';
import { line, type Node, note } from '../syntax.ts';

/** Debian builds nginx's JavaScript (njs) as a module. */
const scriptModule = '/usr/lib/nginx/modules/ngx_http_js_module.so';

/** The names in a certificate that nginx itself has no variable for: the tag of each kind (RFC 5280 §4.2.1.6), and its variable. */
const kinds = {
  'san-email': { tag: 0x81, name: 'email' },
  'san-dns': { tag: 0x82, name: 'dns' },
  'san-uri': { tag: 0x86, name: 'uri' },
} as const satisfies Partial<Record<Identity, { readonly tag: number; readonly name: string }>>;

type Kind = keyof typeof kinds;
const isKind = (identity: Identity): identity is Kind => identity in kinds;

/** The variable that holds the alternative names of one kind in the client's certificate. */
export const namesVariable = (kind: Kind): string => `$poterne_client_${kinds[kind].name}`;

/** The kinds of names that some configuration reads, and who asks for the first. */
function asked(site: Site): { readonly kinds: ReadonlySet<Kind>; readonly because: string } {
  const wanting = (site.tlsConfigurations ?? []).flatMap((each) =>
    each.kind === 'server' && isKind(each.identity)
      ? [{ kind: each.identity, at: `${each.pointer}/identity` }]
      : [],
  );
  return { kinds: new Set(wanting.map(({ kind }) => kind)), because: wanting[0]?.at ?? '' };
}

/** What nginx needs besides itself to read alternative names. */
export function nameModules(site: Site): readonly Module[] {
  const { kinds: wanted, because } = asked(site);
  return wanted.size > 0 ? [{ file: scriptModule, package: 'libnginx-mod-http-js', because }] : [];
}

/** Has the script tell each kind of name that is asked for. */
export function nameLines(site: Site): Node[] {
  const { kinds: wanted, because } = asked(site);
  if (wanted.size === 0) return [];
  return [
    note(because, 'The alternative names in a client certificate.'),
    line(because, 'js_import', 'clients', 'from', 'clients.js'),
    ...[...wanted].map((kind) => line(because, 'js_set', namesVariable(kind), `clients.${kinds[kind].name}`)),
  ];
}

/** `clients.js`, in the JavaScript of njs 0.7: the names of a verified certificate, or nothing where any of them is odd. */
export function nameScript(site: Site): string | undefined {
  if (asked(site).kinds.size === 0) return undefined;
  return `// The alternative names in a client certificate (RFC 5280, 4.2.1.6), which nginx has no variables for.
// Several of one kind are joined by a comma, in their order. A name that holds anything but visible ASCII, or a
// comma, could be taken for another one: then there is none.

// The element of DER at a place: its tag, where its content begins and where it ends.
function element(der, at) {
    let length = der[at + 1];
    let begin = at + 2;
    if (length > 127) {
        const size = length - 128;
        length = 0;
        for (let n = 0; n < size; n++) length = length * 256 + der[begin + n];
        begin += size;
    }
    if (!(begin + length <= der.length)) throw new Error('DER ends early');
    return { tag: der[at], begin: begin, end: begin + length };
}

function elements(der, begin, end) {
    const found = [];
    for (let at = begin; at < end; at = found[found.length - 1].end) found.push(element(der, at));
    return found;
}

// subjectAltName is 2.5.29.17.
function isAltName(der, id) {
    return id.end - id.begin === 3 && der[id.begin] === 0x55 && der[id.begin + 1] === 0x1d && der[id.begin + 2] === 0x11;
}

function namesOf(der, tag) {
    const certificate = element(der, 0);
    const signed = element(der, certificate.begin);
    const holder = elements(der, signed.begin, signed.end).filter((each) => each.tag === 0xa3)[0];
    if (!holder) return '';
    const list = element(der, holder.begin);
    const names = [];
    elements(der, list.begin, list.end).forEach((extension) => {
        const parts = elements(der, extension.begin, extension.end);
        if (!isAltName(der, parts[0])) return;
        const value = parts[parts.length - 1];
        const all = element(der, value.begin);
        elements(der, all.begin, all.end).forEach((name) => {
            if (name.tag !== tag) return;
            let text = '';
            for (let n = name.begin; n < name.end; n++) text += String.fromCharCode(der[n]);
            names.push(text);
        });
    });
    return names.every((name) => /^[\\x21-\\x2b\\x2d-\\x7e]+$/.test(name)) ? names.join(',') : '';
}

function read(r, tag) {
    if (r.variables.ssl_client_verify !== 'SUCCESS') return '';
    try {
        const pem = r.variables.ssl_client_raw_cert.replace(/-----[^-]*-----|\\s/g, '');
        return namesOf(Buffer.from(pem, 'base64'), tag);
    } catch (error) {
        r.error('a client certificate whose names cannot be read: ' + error.message);
        return '';
    }
}

export default {
${Object.values(kinds)
  .map(({ name, tag }) => `    ${name}: (r) => read(r, 0x${tag.toString(16)}),`)
  .join('\n')}
};
`;
}
