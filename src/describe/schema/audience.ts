import { z } from 'zod';
import { parseHours } from '../../lib/hours.ts';
import { isWindowLike, parseWindow, type WrittenWindow } from '../../lib/windows.ts';
import { duration, hours } from '../../lib/words.ts';
import type { WeeklyHours } from '../../model/hours.ts';
import { isPrefix } from '../names.ts';
import { timezone } from './timezone.ts';
import { text } from './words.ts';

interface WhenWords {
  readonly hours?: WeeklyHours | undefined;
  readonly once?: WrittenWindow | undefined;
  readonly calendar?: string | undefined;
  readonly timezone?: string | undefined;
}

function onceOf(written: string, context: z.RefinementCtx): WrittenWindow {
  const window = parseWindow(written);
  if (!('wrong' in window)) return window;
  context.addIssue({
    code: 'custom',
    params: { code: 'value.window', hint: `value.window.${window.wrong}`, value: written },
    input: written,
  });
  return z.NEVER;
}

/** Hours of the week, or one window. */
const whenWord = z.string().transform((written, context): WhenWords => {
  if (isWindowLike(written)) return { once: onceOf(written, context) };
  const weekly = parseHours(written);
  if (weekly) return { hours: weekly };
  context.addIssue({
    code: 'custom',
    params: { code: 'value.when', hint: 'value.when.hint', value: written },
    input: written,
  });
  return z.NEVER;
});

const when = z.union([
  whenWord,
  z
    .strictObject({
      hours: hours().optional().describe('Hours of the week, such as Mon-Fri 08:00-18:00.'),
      once: z.string().transform(onceOf).optional().describe('One window, such as 2026-12-01 08:00 for 4h.'),
      calendar: text().optional().describe('Only on the open days of this calendar, by name.'),
      timezone: timezone().optional().describe('Whose clock; left out, the site’s.'),
    })
    .transform((words): WhenWords => words),
]);

/** ISO 3166-1 alpha-2. */
const country = z.string().transform((written, context) => {
  const code = written.toUpperCase();
  const canonical = /^[A-Z]{2}$/.test(code) ? new Intl.Locale(`und-${code}`).region : undefined;
  const isKnown =
    canonical !== undefined &&
    !['EU', 'UN', 'ZZ'].includes(canonical) &&
    new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(canonical) !== undefined;
  if (isKnown && canonical === code) return code;
  const hint = isKnown ? { hint: 'hint.nearest', nearest: canonical } : {};
  context.addIssue({ code: 'custom', params: { code: 'value.country', ...hint }, input: written });
  return z.NEVER;
});

const names = () => z.array(text()).min(1).optional();

/** One rule of an audience. */
export const audienceRule = z.strictObject({
  deny: z.literal(true).optional().describe('true: whom this rule means is not let in, whatever others say.'),
  groups: names().describe('Groups: of described people, and those that directories give.'),
  people: names().describe('People by name: alice, or carol@ad for somebody of the directory ad.'),
  'signed-in': z.literal(true).optional().describe('true: whoever has signed in.'),
  certificate: text()
    .optional()
    .describe(
      'A TLS configuration by name: whoever shows a certificate that it accepts, instead of signing in.',
    ),
  from: names().describe('Zones by name, addresses, CIDR blocks and internet (outside every zone).'),
  countries: z
    .array(country)
    .min(1)
    .optional()
    .describe('Countries that addresses are of (ISO 3166-1, such as FR), by the file of countries.'),
  mfa: z.literal('required').optional().describe('required: with a second factor.'),
  when: when
    .optional()
    .describe(
      'Hours of the week (Mon-Fri 07:00-20:00), one window (2026-12-01 08:00 for 4h), or { hours, once, calendar, timezone }.',
    ),
  paths: z
    .array(z.string().refine(isPrefix, { params: { code: 'value.path.prefix' } }))
    .min(1)
    .optional()
    .describe('Only below these paths, such as /rfe/.'),
  approval: z
    .strictObject({
      by: z
        .strictObject({
          groups: names().describe('Members of these groups.'),
          people: names().describe('These people.'),
        })
        .describe('Whose word it takes.'),
      for: duration().describe('For how long it holds, such as 4h; then it ends by itself.'),
    })
    .optional()
    .describe('Only once somebody has let them in for a time.'),
});
export type AudienceRuleEntry = z.output<typeof audienceRule>;

/** Who may reach a publication. */
export const audience = z
  .union([
    z.literal('everyone'),
    z.strictObject({
      from: z.array(text()).min(1).describe('Zones by name, addresses and CIDR blocks that are let in.'),
    }),
    z.array(audienceRule).min(1),
  ])
  .optional()
  .describe(
    'Who may reach it: everyone (the default), only some zones and networks, or a list of rules: one must let somebody in, and none deny.',
  );
