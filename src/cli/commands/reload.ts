import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { short } from '../../apply/executor.ts';
import { type Reloaded, requestReload } from '../../daemon/control.ts';
import { report, toJson } from '../../describe/index.ts';
import { Fault } from '../../model/fault.ts';
import { type CommonOptions, command } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { faultJson, showFault } from '../errors.ts';
import { exit } from '../exit.ts';
import { showAwaited } from './apply.ts';

/** `poterne reload`: the running gateway reads its description again; says, as `apply` would, what became of that. */
export function reload(context: Context): Command {
  return command(context, 'reload', 'reload.about', ['reload', 'reload --json']).action(
    async (options: CommonOptions) => {
      const reloaded = await requestReload(stateFolder(options.state, process.env));
      if (options.json) context.out(JSON.stringify(asJson(context, reloaded)));
      else show(context, reloaded);
      process.exitCode = statusOf(reloaded);
    },
  );
}

function statusOf(reloaded: Reloaded): number {
  if (reloaded.kind === 'refused') return exit.wrong;
  return reloaded.kind === 'applied' && reloaded.outcome !== 'partial' ? exit.done : exit.failed;
}

/** What `apply --json` prints; and `raw`, the same as values, for a Poterne that knows where its own files say it. */
function asJson(context: Context, reloaded: Reloaded): object {
  const findings = toJson(reloaded.findings, context.language, process.cwd());
  switch (reloaded.kind) {
    case 'applied': {
      const { outcome, hash, started, awaited } = reloaded;
      return { outcome, hash, started, ...(awaited ? { awaited } : {}), findings, raw: reloaded };
    }
    case 'refused':
      return { ok: false, findings, raw: reloaded };
    case 'failed':
      return { fault: faultJson(context, faultOf(reloaded)), findings, raw: reloaded };
  }
}

function show(context: Context, reloaded: Reloaded): void {
  const { language, colour } = context;
  const { findings } = reloaded;
  if (findings.length > 0)
    context.err(report(findings, { language, colour, cwd: process.cwd(), read: textOf }));
  if (reloaded.kind === 'applied') {
    const count = findings.filter((f) => f.severity === 'error').length;
    const { outcome, site, hash } = reloaded;
    context.out(context.t(`apply.outcome.${outcome}`, { site, hash: short(hash), count }));
    showAwaited(context, reloaded, true);
  } else if (reloaded.kind === 'refused') context.err(context.t('reload.refused'));
  else showFault(context, faultOf(reloaded));
}

function faultOf({ fault }: Reloaded & { kind: 'failed' }): Fault {
  const { code, params, next } = fault;
  return new Fault(code, params, next ? { next } : {});
}

/** The lines that findings show; none when we may not read them. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
