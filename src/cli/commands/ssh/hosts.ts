import type { Command } from 'commander';
import { mayEnter, reachableBy, type Verdict } from '../../../lib/access.ts';
import { accessKinds } from '../../../model/access.ts';
import type { Site } from '../../../model/site.ts';
import { command } from '../../command.ts';
import type { Context } from '../../context.ts';
import { requireSite } from '../../description.ts';
import { whoIsHere } from '../../person.ts';
import { table } from '../../table.ts';
import { asPerson, type PersonOptions } from './as-person.ts';

/** A machine, an account there, and what somebody may do as it now. */
interface Place {
  readonly host: string;
  readonly account: string;
  readonly kinds: readonly string[];
  readonly now: Verdict;
}

/** `poterne ssh hosts`: where somebody may go, and when. */
export function sshHosts(context: Context): Command {
  const { t, out } = context;
  const made = command(context, 'hosts', 'ssh.hosts.about', ['ssh hosts', 'ssh hosts --me alice --json']);
  return asPerson(made, context).action(async (options: PersonOptions) => {
    const { site } = await requireSite(context, options.site, options.json);
    const person = await whoIsHere(site, options.me);
    const places = placesOf(site, person, new Date());
    if (options.json) {
      out(JSON.stringify(places.map(({ now, ...place }) => ({ ...place, now: nowJson(context, now) }))));
      return;
    }
    if (places.length === 0) return out(t('ssh.hosts.none', { person }));
    const head = ['host', 'account', 'kinds', 'now'] as const;
    out(
      table(
        head.map((column) => t(`ssh.hosts.${column}`)),
        places.map(({ host, account, kinds, now }) => [
          host,
          account,
          kinds.join(', '),
          nowText(context, now),
        ]),
      ),
    );
  });
}

function placesOf(site: Site, person: string, at: Date): readonly Place[] {
  const found = new Map<string, { host: string; account: string; kinds: Set<string> }>();
  for (const { host, account, rule } of reachableBy(site, person)) {
    const key = JSON.stringify([host, account]);
    const place = found.get(key) ?? { host, account, kinds: new Set<string>() };
    for (const kind of rule.allow) place.kinds.add(kind);
    found.set(key, place);
  }
  return [...found.values()].map(({ host, account, kinds }) => {
    const verdicts = accessKinds
      .filter((kind) => kinds.has(kind))
      .map((kind) => mayEnter(site, { person, host, account, kind, at }));
    const now = verdicts.find(({ allowed }) => allowed) ?? (verdicts[0] as Verdict);
    return { host, account, kinds: accessKinds.filter((kind) => kinds.has(kind)), now };
  });
}

function nowText({ t, say }: Context, now: Verdict): string {
  if (!now.allowed) return t('ssh.hosts.no', { why: say(now.why) });
  if (!now.until) return t('ssh.hosts.yes');
  return t('ssh.hosts.until', { until: now.until.toLocaleString('sv-SE') });
}

function nowJson({ say }: Context, now: Verdict): object {
  return now.allowed
    ? { allowed: true, ...(now.until ? { until: now.until.toISOString() } : {}) }
    : { allowed: false, why: say(now.why) };
}
