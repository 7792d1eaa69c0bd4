import { report, toJson } from '../describe/index.ts';
import { type Known, select } from '../fleet/selector.ts';
import { selectorLine } from '../fleet/selector-syntax.ts';
import type { Context } from './context.ts';
import { Refused } from './errors.ts';

/** The hosts that `--on` selects, by name; everything that is wrong with it is shown, and ends the command. */
export function selectHosts(
  context: Context,
  expression: string,
  known: Known,
  json: boolean | undefined,
): readonly string[] {
  const selection = select(expression, known);
  if ('names' in selection) return selection.names;
  const { language, colour } = context;
  const cwd = process.cwd();
  if (json) context.out(JSON.stringify({ ok: false, findings: toJson(selection.findings, language, cwd) }));
  else
    context.err(report(selection.findings, { language, colour, cwd, read: () => selectorLine(expression) }));
  throw new Refused();
}
