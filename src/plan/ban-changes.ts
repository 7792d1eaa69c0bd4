import type { Code } from '../i18n/en.ts';
import { writtenDuration } from '../lib/duration.ts';
import { type Bans, type OffenceKind, offenceKinds, type Threshold } from '../model/bans.ts';
import type { Change } from '../model/change.ts';
import { message } from '../model/message.ts';
import type { Party } from '../model/site.ts';

/** What of bans begins, changes and ends, as a person would say it. */
export function banChanges(before: Bans | undefined, after: Bans | undefined): Change[] {
  const because = after?.pointer ?? '/bans';
  const was = new Set(before?.never.map(nameOf));
  const is = new Set(after?.never.map(nameOf));
  const contact = { from: before?.contact ?? '–', to: after?.contact ?? '–' };
  const said: Omit<Change, 'because'>[] = [
    ...offenceKinds.flatMap((kind) =>
      thresholdChange(kind, before?.thresholds[kind], after?.thresholds[kind]),
    ),
    ...[...is]
      .filter((who) => !was.has(who))
      .map((who) => ({ kind: 'add', say: message('change.bans.never', { who }) }) as const),
    ...[...was]
      .filter((who) => !is.has(who))
      .map((who) => ({ kind: 'remove', say: message('change.bans.never.remove', { who }) }) as const),
    ...(before && after && contact.from !== contact.to
      ? [{ kind: 'change', say: message('change.bans.contact', contact) } as const]
      : []),
  ];
  return said.map((each) => ({ ...each, because }));
}

const nameOf = ({ name }: Party): string => name;

function thresholdChange(
  kind: OffenceKind,
  was: Threshold | undefined,
  is: Threshold | undefined,
): Omit<Change, 'because'>[] {
  const says = (what: string): Code => `change.bans.${kind}${what}` as Code;
  if (!is) return was ? [{ kind: 'remove', say: message(says('.remove'), {}) }] : [];
  const to = wordsOf(is);
  if (!was) return [{ kind: 'add', say: message(says(''), to) }];
  const from = wordsOf(was);
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  return [
    {
      kind: 'change',
      say: message('change.bans.threshold', {
        kind,
        from: Object.values(from).join(', '),
        to: Object.values(to).join(', '),
      }),
    },
  ];
}

const wordsOf = ({ failures, within, for: lasts, longest }: Threshold) => ({
  failures,
  within: writtenDuration(within),
  lasts: writtenDuration(lasts),
  longest: writtenDuration(longest),
});
