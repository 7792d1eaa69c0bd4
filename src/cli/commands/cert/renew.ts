import type { Command } from 'commander';
import type { RenewalAsk, RenewalResult } from '../../../daemon/acme/keeper.ts';
import { requestRenewal } from '../../../daemon/control.ts';
import { Fault } from '../../../model/fault.ts';
import { type CommonOptions, command } from '../../command.ts';
import { type Context, stateFolder } from '../../context.ts';
import { faultJson, showFault } from '../../errors.ts';
import { exit, WrongRequest } from '../../exit.ts';
import { interruption } from '../../interruption.ts';
import { stepTeller } from '../../steps.ts';
import { withGateway } from '../../with-gateway.ts';

interface RenewOptions extends CommonOptions {
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/** `poterne cert renew`: certificates over ACME, now; or a rehearsal of it. */
export function certRenew(context: Context): Command {
  const { t } = context;
  return command(context, 'renew', 'cert.renew.about', [
    'cert renew --dry-run',
    'cert renew camera.example.fr',
    'cert renew camera.example.fr --force --json',
  ])
    .usage(t('cert.renew.usage'))
    .argument('[name]', t('cert.renew.name'))
    .option('--dry-run', t('cert.renew.dry-run'))
    .option('--force', t('cert.renew.force'))
    .action(async (name: string | undefined, options: RenewOptions) => {
      const state = stateFolder(options.state, process.env);
      const ask: RenewalAsk = {
        ...(name === undefined ? {} : { name }),
        rehearse: options.dryRun === true,
        force: options.force === true,
      };
      const tell = options.json ? () => {} : stepTeller(context);
      const asked = async () =>
        (await requestRenewal(state, ask, tell)) ?? (await alone(context, state, ask, tell));
      const results = await asked().catch((error: unknown) => {
        // What was asked for is not there: nothing has failed.
        if (error instanceof Fault && /^acme\.renew\.(?:none|unknown)$/.test(error.code))
          throw new WrongRequest(error.code, error.params);
        throw error;
      });
      if (options.json)
        context.out(JSON.stringify({ certificates: results.map((each) => asJson(context, each)) }));
      else for (const each of results) show(context, each);
      if (results.some(({ outcome }) => outcome === 'failed')) process.exitCode = exit.failed;
    });
}

/** No daemon runs the gateway of this machine: then it is done here. */
async function alone(
  context: Context,
  state: string,
  ask: RenewalAsk,
  tell: ReturnType<typeof stepTeller>,
): Promise<readonly RenewalResult[]> {
  const { renewHere } = await import('../../../daemon/acme/here.ts');
  const interrupted = interruption(() => context.err(context.t('up.ending')));
  try {
    return await withGateway(state, (gateway) => renewHere(gateway, ask, tell, interrupted.signal));
  } finally {
    interrupted.end();
  }
}

function faultOf({ fault }: RenewalResult): Fault | undefined {
  return fault && new Fault(fault.code, fault.params, fault.next ? { next: fault.next } : {});
}

function asJson(context: Context, result: RenewalResult): object {
  const fault = faultOf(result);
  const foreseen = result.foreseen.map(({ severity, code, params, hint }) => ({
    ...{ severity, code, text: context.t(code, params) },
    ...(hint ? { hint: context.say(hint) } : {}),
  }));
  return { ...result, foreseen, ...(fault ? { fault: faultJson(context, fault) } : {}) };
}

const timeOf = (iso: string): string => (iso === '' ? '' : new Date(iso).toLocaleString('sv-SE'));

function show(context: Context, result: RenewalResult): void {
  const { outcome, until = '', next, server = '' } = result;
  const names = result.names.join(', ');
  const params = { names, until: timeOf(until), next: timeOf(next), server };
  const kept = result.isEarly ? 'cert.renew.failed.early' : 'cert.renew.failed.kept';
  const code = outcome === 'failed' && result.until !== undefined ? kept : (`cert.renew.${outcome}` as const);
  const text = context.t(code, params);
  for (const { severity, code, params: of, hint } of result.foreseen) {
    // What went well all the same was only seen so from here.
    const label = outcome === 'failed' ? severity : 'note';
    context.err(`${context.t(`severity.${label}`)}: ${names}: ${context.t(code, of)}`);
    if (hint) context.err(`  ${context.t('report.hint', { hint: context.say(hint) })}`);
  }
  const fault = faultOf(result);
  if (!fault) context.out(text);
  else {
    context.err(text);
    showFault(context, fault);
  }
}
