import { isBelow } from '../lib/authority.ts';
import { message } from '../model/message.ts';
import type { Checking } from './checking.ts';
import { matchOf, normalName } from './names.ts';
import { showing } from './resolve-acme.ts';

/** The longest and shortest that certificates of servers may be valid, in days: longer ones are refused by browsers and phones. */
const days = { least: 1, most: 825 };

/** What the authority is asked to sign, and may not. */
export function checkAuthority({ parsed, report, whole }: Checking): void {
  const entry = parsed.site?.authority;
  if (!entry || !whole('')) return;
  const { names, lifetime, at } = entry;
  const lifetimeDays = lifetime / 86_400_000;
  if (lifetimeDays < days.least || lifetimeDays > days.most)
    report('error', { code: 'authority.lifetime', params: days, pointer: '/authority/lifetime' });
  const exact = [...parsed.publications]
    .filter(([name, { scenario }]) => scenario !== 'direct' && matchOf(normalName(name)) === 'exact')
    .map(([name]) => normalName(name));
  if (at !== undefined && !exact.includes(at))
    report('error', {
      code: 'authority.at',
      params: { name: at },
      pointer: '/authority/at',
      hint: message('authority.at.hint', { names: exact.join(', ') || '–' }),
    });
  if (names === undefined) return;
  for (const {
    name: key,
    entry: { scenario, tls },
    pointer: at,
  } of showing(parsed)) {
    const isOurs = tls === undefined || tls === 'internal' || (typeof tls === 'object' && 'names' in tls);
    if (scenario === 'direct' || !isOurs) continue;
    const name = normalName(key);
    const wanted =
      typeof tls === 'object' && 'names' in tls ? tls.names : matchOf(name) === 'regex' ? [] : [name];
    for (const each of wanted)
      if (!names.some((suffix) => isBelow(each, suffix)))
        report('error', {
          code: 'authority.name',
          params: { name: each },
          pointer: at,
          onKey: true,
          hint: message('authority.name.hint'),
        });
  }
}
