import { behindPattern } from '../../../lib/badge.ts';
import { block, type Node, own, why } from '../syntax.ts';

/** A cookie's value, and a token: what is longer, or holds anything else, is none. */
const value = '[A-Za-z0-9_.~-]{1,256}';

/**
 * Our cookie and our tokens, of which the daemon sees nothing else and services see nothing. Loops that could take what comes after them are
 * possessive: else 16 KB of spaces would cost nginx 0.2 s, and PCRE would give up, for which nginx writes the whole cookie to its log.
 */
export function credentials(): Node[] {
  const cut = (from: string, to: string, rest: readonly Node[]) =>
    block('', ['map', from, to], [own('default', from), ...rest]);
  const ours = '(?:^|;)\\s*+__Host-poterne';
  const name = '__Host-poterne[^;]*+';
  const less = [
    own(`~^\\s*+${name};?\\s*+(.*)$`, '$1'),
    own(`~^(.*?);\\s*+${name};?\\s*+$`, '$1'),
    own(`~^(.*?;)\\s*+${name};(.*)$`, '$1$2'),
  ];
  return [
    why('Our cookie and our token. Two cookies are none.'),
    block(
      '',
      ['map', '$http_cookie', '$poterne_pass'],
      [
        own('default', ''),
        // Often it is the only one.
        own(`~^__Host-poterne=(${value})(?:${behindPattern})?$`, '$1'),
        own(`~${ours}=.*;\\s*+__Host-poterne=`, ''),
        own(`~${ours}=(${value})(?:${behindPattern})?\\s*+(?:;|$)`, '$1'),
      ],
    ),
    block(
      '',
      ['map', '$http_authorization', '$poterne_token'],
      [own('default', ''), own(`~*^Bearer +(pot_${value}) *$`, '$1')],
    ),
    block(
      '',
      ['map', '$poterne_pass', '$poterne_shown_cookie'],
      [own('default', '__Host-poterne=$poterne_pass'), own('', '')],
    ),
    block(
      '',
      ['map', '$poterne_token', '$poterne_shown_token'],
      [own('default', 'Bearer $poterne_token'), own('', '')],
    ),
    why(
      'What services see has none of them: one cookie after the other is taken out, and with more than four of ours all are.',
    ),
    cut('$http_cookie', '$poterne_cookies', [
      // Often it is the only one.
      own(`~^${name}$`, ''),
      own(`~${ours}`, '$poterne_cookies_rest'),
    ]),
    cut('$http_cookie', '$poterne_cookies_1', less),
    cut('$poterne_cookies_1', '$poterne_cookies_2', less),
    cut('$poterne_cookies_2', '$poterne_cookies_3', less),
    cut('$poterne_cookies_3', '$poterne_cookies_4', less),
    cut('$poterne_cookies_4', '$poterne_cookies_rest', [own(`~${ours}`, '')]),
    cut('$http_authorization', '$poterne_authorization', [own('~*^\\s*[a-z]+\\s+pot_', '')]),
  ];
}
