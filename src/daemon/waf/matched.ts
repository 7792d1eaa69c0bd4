import { readdir, readFile } from 'node:fs/promises';
import { debianRules, readRuleSet, ruleIdsIn } from '../../lib/crs.ts';
import { Fault } from '../../model/fault.ts';
import { type Message, message } from '../../model/message.ts';
import type { Site } from '../../model/site.ts';
import { readWafEvents } from '../../waf/events.ts';
import { type Walled, wafLogOf } from './log.ts';
import { ownQuestions } from './own.ts';
import { unlessMissing } from './people.ts';

/** As many rules as are named. */
const most = 8;

/**
 * Throws `waf.tune.rule.unknown` of a rule that the gateway's rules do not have, and, where no request is at hand that it refuses,
 * `waf.tune.rule.unmatched` of one that found nothing in a publication as far back as the log goes. Both say which rules did.
 */
export async function requireRule(
  state: string,
  site: Site,
  publication: Walled,
  { rule, isGiven }: { readonly rule: number; readonly isGiven: boolean },
): Promise<void> {
  const { name } = publication;
  const isUnknown = !(await isThere(site, rule));
  if (!isUnknown && isGiven) return;
  const matched = await matchedIn(state, publication);
  if (!isUnknown && matched.has(rule)) return;
  const params = { rule, name };
  throw new Fault(isUnknown ? 'waf.tune.rule.unknown' : 'waf.tune.rule.unmatched', params, {
    next: nextOf(name, matched),
  });
}

function nextOf(name: string, matched: ReadonlyMap<number, number>): Message {
  if (matched.size === 0) return message('waf.tune.rule.none.next', { name });
  const rules = [...matched]
    .sort(([a, m], [b, n]) => n - m || a - b)
    .map(([id, count]) => `${id} (${count})`);
  const more = rules.length > most ? ', …' : '';
  return message('waf.tune.rule.matched.next', { name, rules: rules.slice(0, most).join(', ') + more });
}

/** Whether the gateway has a rule; where they cannot be read, that is said elsewhere. ModSecurity's own stand before the CRS. */
async function isThere({ waf }: Site, rule: number): Promise<boolean> {
  if (rule >= 200_000 && rule < 201_000) return true;
  const bytes = (file: string) => readFile(file);
  const set = await readRuleSet(waf?.folder ?? debianRules, { list: (folder) => readdir(folder), bytes });
  if ('lack' in set) return true;
  for (const { name } of set.files)
    if (name.endsWith('.conf') && ruleIdsIn(await readFile(`${set.folder}/${name}`, 'utf8')).includes(rule))
      return true;
  return false;
}

/** In how many requests of a publication each rule found something. */
async function matchedIn(state: string, { id }: Walled): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  try {
    for await (const { publication, matches } of readWafEvents(wafLogOf(state), {
      isOwn: await ownQuestions(state),
    }))
      if (publication === id)
        for (const rule of new Set(matches.map((match) => match.rule)))
          counts.set(rule, (counts.get(rule) ?? 0) + 1);
  } catch (error) {
    unlessMissing(error as NodeJS.ErrnoException);
  }
  return counts;
}
