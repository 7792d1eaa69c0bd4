import type { Pointer } from '../../model/pointer.ts';
import type { Rendered } from '../engine.ts';

/** Lines of fail2ban's configuration (jail.conf(5)): a section, a setting, a program that is told an address, a comment. */
export type Line =
  | { readonly kind: 'section'; readonly name: string; readonly origin: Pointer }
  | { readonly kind: 'setting'; readonly key: string; readonly value: string; readonly origin: Pointer }
  | { readonly kind: 'command'; readonly key: string; readonly program: string; readonly origin: Pointer }
  | { readonly kind: 'comment'; readonly text: string };

export const section = (name: string, origin: Pointer): Line => ({ kind: 'section', name, origin });
export const setting = (key: string, value: string | number, origin: Pointer): Line => ({
  kind: 'setting',
  key,
  value: String(value),
  origin,
});
/** fail2ban puts the address in place of the tag: digits, letters up to f, colons and dots. */
export const command = (key: string, program: string, origin: Pointer): Line => ({
  kind: 'command',
  ...{ key, program, origin },
});
export const comment = (text: string): Line => ({ kind: 'comment', text });

/**
 * The text of these lines. Nothing that people write comes in here but addresses and numbers: what could end a line, begin an interpolation
 * (`%`) or a tag (`<`) where none is meant is refused.
 */
export function write(lines: readonly Line[]): Rendered {
  const texts = lines.map((line): readonly [string, Pointer] => {
    if (line.kind === 'comment') return [`# ${line.text.replace(/[^\x20-\x7e]/g, '?')}`, ''];
    if (line.kind === 'section') return [`[${word(line.name)}]`, line.origin];
    if (line.kind === 'command') return [`${word(line.key)} = ${value(line.program)} <ip>`, line.origin];
    return [`${word(line.key)} = ${value(line.value)}`, line.origin];
  });
  return { text: texts.map(([text]) => `${text}\n`).join(''), origins: texts.map(([, origin]) => origin) };
}

function word(text: string): string {
  if (!/^[\w.-]+$/.test(text)) throw new Error(`not a word of fail2ban's: ${JSON.stringify(text)}`);
  return text;
}

function value(text: string): string {
  if (!/^[\w ./:=[\],-]*$/.test(text)) throw new Error(`not a value of fail2ban's: ${JSON.stringify(text)}`);
  return text;
}
