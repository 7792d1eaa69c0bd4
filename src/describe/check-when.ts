import { isOpen } from '../lib/calendar.ts';
import { isWithin, nextChange } from '../lib/hours.ts';
import { shownOf } from '../lib/windows.ts';
import { message } from '../model/message.ts';
import type { Pointer } from '../model/pointer.ts';
import type { Checking } from './checking.ts';
import type { JobFiles } from './job-files.ts';
import { resolveWhen } from './resolve-audience.ts';
import type { AudienceRuleEntry } from './schema/audience.ts';

/** What the rules of an audience are judged by beside the description itself. */
export interface AudienceContext {
  readonly jobFiles: JobFiles;
  readonly now: Date;
}

/** When a rule holds: whether its words go together, and whether it ever does. */
export function checkWhen(
  { parsed, report, reference, whole }: Checking,
  { jobFiles, now }: AudienceContext,
  { when }: AudienceRuleEntry,
  at: Pointer,
): void {
  if (when === undefined) return;
  const here = `${at}/when`;
  if (when.calendar !== undefined) reference('calendars', when.calendar, `${here}/calendar`);
  if (when.once && (when.hours || when.calendar !== undefined)) {
    const key = when.hours ? 'hours' : 'calendar';
    report('error', { code: 'audience.when.both', params: { key }, pointer: `${here}/${key}`, onKey: true });
  }
  if (!when.once && !when.hours && when.calendar === undefined) {
    report('error', {
      code: 'audience.when.empty',
      params: {},
      pointer: here,
      hint: message('value.when.hint'),
    });
    return;
  }
  const resolved = resolveWhen(parsed, jobFiles, when);
  if (!resolved) return;
  if (resolved.kind === 'once') {
    if (new Date(resolved.to) <= now)
      report('warning', {
        code: 'audience.window.over',
        params: {},
        pointer: here,
        hint: message('audience.window.over.hint'),
      });
    const shown = when.once && shownOf(when.once, when.timezone ?? parsed.site?.timezone ?? 'UTC');
    if (shown === 'never') report('warning', { code: 'audience.window.skipped', params: {}, pointer: here });
    if (shown === 'twice') report('warning', { code: 'audience.window.twice', params: {}, pointer: here });
    return;
  }
  const { hours, calendar, timezone } = resolved;
  if (!calendar || !whole(`/calendars/${calendar.name}`)) return;
  const open = (day: string) => isOpen(calendar, day);
  if (!isWithin(hours, now, timezone, open) && nextChange(hours, now, timezone, open) === undefined)
    report('warning', {
      code: 'audience.when.never',
      params: { calendar: calendar.name },
      pointer: here,
    });
}
