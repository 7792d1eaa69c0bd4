import { Fault } from '../model/fault.ts';
import type { Finding } from '../model/finding.ts';
import type { Context } from './context.ts';
import type { Described } from './description.ts';
import { exit, Refused, WrongRequest } from './exit.ts';

/** Says a fault: at the line of the description that caused it when it has one, its cause, and what to do next. */
export function showFault(context: Context, fault: Fault, description?: Described): void {
  const { code, params, pointer } = fault;
  if (pointer && description) description.show([faultFinding(fault)]);
  else context.err(context.t('cli.error', { text: context.say({ code, params }) }));
  if (fault.next) context.err(context.t('cli.next', { text: context.say(fault.next) }));
}

/** Says what ended a command, as text or JSON and where in its description, and gives the status to leave with. */
export function endWith(context: Context, error: unknown, json: boolean, description?: Described): number {
  if (error instanceof Refused) return exit.wrong;
  if (error instanceof Fault) {
    if (json) context.out(JSON.stringify({ fault: faultJson(context, error, description) }));
    else showFault(context, error, description);
    return error instanceof WrongRequest ? exit.wrong : exit.failed;
  }
  const text = error instanceof Error ? error.message : String(error);
  context.err(context.t('cli.unexpected', { text }));
  context.err(context.t('cli.next', { text: context.t('cli.unexpected.next') }));
  if (process.env.POTERNE_DEBUG && error instanceof Error) context.err(error.stack ?? '');
  return exit.failed;
}

/** A fault that comes from the description, as something that is wrong there. */
export function faultFinding({ code, params, pointer }: Fault): Finding {
  return { severity: 'error', code, params, ...(pointer ? { pointer } : {}) };
}

/** A fault as programs read it. */
export function faultJson(context: Context, fault: Fault, description?: Described): object {
  const { code, params, next, cause, pointer } = fault;
  return {
    code,
    params,
    text: context.say({ code, params }),
    ...(next ? { next: context.say(next) } : {}),
    ...(pointer && description ? { findings: description.toJson([faultFinding(fault)]) } : {}),
    ...(cause instanceof Error ? { cause: cause.message } : {}),
  };
}
