import { isSumRule, wafSummary } from '../../lib/waf-log.ts';
import type { CrsOutput } from './format.ts';
import type { Seen } from './seen.ts';
import type { RawAnswer } from './send.ts';

/** Why a test failed: what was expected and did not come, or came and was not. */
export type CrsReason =
  /** A rule that should have matched did not, though the rules saw the request. */
  | 'unmatched'
  /** The gateway itself refused what no rule was asked about: malformed, or of another name. */
  | 'refused-before'
  /** A rule matched that should not. */
  | 'matched'
  | 'status'
  | 'content'
  /** No answer came, or one where none was expected. */
  | 'answer';

export interface CrsFailure {
  readonly reason: CrsReason;
  /** What was expected, and what was seen instead: rules, statuses. */
  readonly expected: string;
  readonly seen: string;
}

/** Statuses by which nginx refuses what it cannot make sense of, or does not serve. */
const refusals: readonly (number | undefined)[] = [
  undefined,
  400,
  405,
  408,
  411,
  413,
  414,
  421,
  431,
  494,
  501,
  505,
];

/** What of the expected did not come true; nothing when all did. */
export function judge(
  output: CrsOutput,
  answers: readonly { readonly answer: RawAnswer; readonly seen: Seen | undefined }[],
): CrsFailure | undefined {
  for (const { answer, seen } of answers) {
    const failure = judgeOne(output, answer, seen);
    if (failure) return failure;
  }
  return undefined;
}

function judgeOne(output: CrsOutput, answer: RawAnswer, seen: Seen | undefined): CrsFailure | undefined {
  const { status, error } = answer;
  const ids = seen?.ids ?? [];
  const told = {
    seen: `${status ?? error ?? '–'}${ids.length > 0 ? ` ${[...new Set(ids)].join(' ')}` : ''}`,
  };
  if (output.expectError !== undefined) {
    const isError = status === undefined || status === 400;
    const expected = output.matches.length + output.expectIds.length;
    // As the runners of the suites do: where an error is one of the possible ends, the log need not tell, unless the rules had a look.
    if (output.expectError && isError && !seen) return undefined;
    if (output.expectError !== isError && !(output.expectError && expected > 0))
      return { reason: 'answer', expected: output.expectError ? 'error' : 'answer', ...told };
  }
  const unmatched = [
    ...output.expectIds.filter((id) => !ids.includes(id)).map(String),
    ...output.matches.filter((pattern) => !pattern.test(seen?.text ?? '')).map((pattern) => pattern.source),
  ];
  if (unmatched.length > 0) {
    const isBefore = !seen && refusals.includes(status);
    return { reason: isBefore ? 'refused-before' : 'unmatched', expected: unmatched.join(' '), ...told };
  }
  const matched = [
    ...output.noExpectIds.filter((id) => ids.includes(id)).map(String),
    ...output.noMatches.filter((pattern) => pattern.test(seen?.text ?? '')).map((pattern) => pattern.source),
  ];
  if (matched.length > 0) return { reason: 'matched', expected: `not ${matched.join(' ')}`, ...told };
  if (output.isolated) {
    const others = ids.filter((id) => !output.expectIds.includes(id) && !isSum(id));
    if (others.length > 0)
      return { reason: 'matched', expected: `only ${output.expectIds.join(' ')}`, ...told };
  }
  if (output.status.length > 0 && !output.status.includes(status ?? 0))
    return { reason: 'status', expected: output.status.join('|'), ...told };
  const { responseContains } = output;
  if (responseContains !== undefined && !answer.bytes.toString('utf8').includes(responseContains))
    return { reason: 'content', expected: responseContains, ...told };
  return undefined;
}

/** What tells of the others' findings is no finding. */
const isSum = (id: number): boolean => isSumRule(id) || id === wafSummary.rule;
