/**
 * A distinguished name (RFC 4514) in one spelling, to compare it with another: types and values in lower case and composed (NFC), values
 * unescaped and with inner spaces as one, relative names of several parts in order. `undefined` when it is none.
 */
export function sameDn(text: string): string | undefined {
  const names: string[] = [];
  let parts: string[] = [];
  let at = 0;
  const end = text.length;
  if (text.trim() === '') return undefined;
  for (;;) {
    const equals = text.indexOf('=', at);
    if (equals < 0) return undefined;
    const type = text.slice(at, equals).trim().toLowerCase();
    if (!/^(?:oid\.)?(?:[a-z][a-z0-9-]*|\d+(?:\.\d+)*)$/.test(type)) return undefined;
    const read = valueAt(text, equals + 1);
    if (!read) return undefined;
    parts.push(`${type}=${JSON.stringify(read.value)}`);
    at = read.end;
    const mark = text[at];
    if (mark === '+') {
      at += 1;
      continue;
    }
    names.push(parts.sort().join('+'));
    parts = [];
    if (at >= end) return names.join(',');
    // A comma; RFC 2253 §4 also took a semicolon.
    at += 1;
  }
}

/** The value that begins there, and where it ends: at a comma, a plus, or the end. */
function valueAt(text: string, from: number): { readonly value: string; readonly end: number } | undefined {
  const bytes: number[] = [];
  let at = from;
  // Spaces at the ends are no part of it, unless they are escaped.
  while (text[at] === ' ') at += 1;
  let solid = 0;
  const quoted = text[at] === '"';
  if (quoted) at += 1;
  for (; at < text.length; ) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (quoted ? character === '"' : /[,+;]/.test(character)) break;
    if (character === '\\') {
      const hex = /^[0-9a-f]{2}/i.exec(text.slice(at + 1, at + 3));
      const next = text[at + 1];
      if (!hex && (next === undefined || !/["+,;<> #=\\]/.test(next))) return undefined;
      if (hex) bytes.push(Number.parseInt(hex[0], 16));
      else bytes.push(...Buffer.from(next as string));
      at += hex ? 3 : 2;
      solid = bytes.length;
      continue;
    }
    bytes.push(...Buffer.from(character));
    if (character !== ' ' || quoted) solid = bytes.length;
    at += character.length;
  }
  if (quoted) {
    if (text[at] !== '"') return undefined;
    at += 1;
    while (text[at] === ' ') at += 1;
    if (at < text.length && !/[,+;]/.test(text[at] as string)) return undefined;
  }
  const value = Buffer.from(bytes.slice(0, solid)).toString('utf8');
  return { value: value.normalize('NFC').replace(/ +/g, ' ').toLowerCase(), end: at };
}
