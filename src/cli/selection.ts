import { report, toJson } from '../describe/index.ts';
import { type Known, select } from '../lib/selector.ts';
import { selectorLine } from '../lib/selector-syntax.ts';
import type { Finding } from '../model/finding.ts';
import type { Context } from './context.ts';
import { Refused } from './exit.ts';

/** The hosts that `--on` selects, by name; everything that is wrong with it is shown, and ends the command. */
export function selectHosts(
  context: Context,
  expression: string,
  known: Known,
  json: boolean | undefined,
): readonly string[] {
  const selection = select(expression, known);
  const { language, colour } = context;
  const cwd = process.cwd();
  const show = (findings: readonly Finding[]) =>
    context.err(report(findings, { language, colour, cwd, read: () => selectorLine(expression) }));
  if ('names' in selection) {
    if (selection.notes.length > 0) show(selection.notes);
    return selection.names;
  }
  if (json) context.out(JSON.stringify({ ok: false, findings: toJson(selection.findings, language, cwd) }));
  else show(selection.findings);
  throw new Refused();
}
