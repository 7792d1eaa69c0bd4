import type { Command } from 'commander';
import { banRoutes } from '../../daemon/bans/desk.ts';
import { listenControl, type Reloaded, type Renew } from '../../daemon/control.ts';
import { cutRoutes } from '../../daemon/cut/desk.ts';
import { type Attempt, type ReloadRequest, type RenewalRequest, supervise } from '../../daemon/supervise.ts';
import type { Finding } from '../../model/finding.ts';
import { type CommonOptions, commandOnFile } from '../command.ts';
import { type Context, stateFolder } from '../context.ts';
import { type Described, readDescription } from '../description.ts';
import { faultFinding, showFault } from '../errors.ts';
import { notify } from '../notify.ts';
import { stepTeller } from '../steps.ts';
import { withOwnGateway } from '../with-gateway.ts';

/** `poterne up`: the gateway of this machine in the foreground. */
export function up(context: Context): Command {
  return commandOnFile(context, 'up', 'up.about', ['up', 'up /etc/poterne/site.yaml']).action(
    async (file: string, options: CommonOptions) => {
      const ending = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const)
        process.once(signal, () => {
          context.err(context.t('up.ending'));
          ending.abort();
        });
      const early: ReloadRequest[] = [];
      let hear: (request: ReloadRequest) => void = (request) => early.push(request);
      // From here on: during the first apply too it must not end us.
      process.on('SIGHUP', () => hear({ answer: () => {} }));
      let read: Described | undefined;
      await withOwnGateway(stateFolder(options.state, process.env), async (gateway) => {
        const attempted = (isRefresh: boolean) =>
          new Promise<Attempt>((answer) => hear({ answer, isRefresh }));
        const asking: RenewalRequest[] = [];
        let hearRenewal: (request: RenewalRequest) => void = (request) => asking.push(request);
        const renew: Renew = (ask, tell) =>
          new Promise((resolve) => hearRenewal({ ask, tell, done: resolve }));
        const control = await listenControl(
          gateway.state,
          async () => reloaded(await attempted(false), read),
          async () => reloaded(await attempted(true), read),
          renew,
          { ...cutRoutes(gateway.state), ...banRoutes(gateway.state) },
        );
        try {
          await supervise(gateway, {
            async describe() {
              read = await readDescription(context, file);
              read.show(read.findings);
              return read.site;
            },
            tell: stepTeller(context),
            report: (findings) => read?.show(findings),
            fail: (fault) => showFault(context, fault, read),
            ready: () => {
              context.err(context.t('up.ready'));
              void notify(context.t('up.status.ready'));
            },
            waiting: () => {
              context.err(context.t('up.waiting'));
              void notify(context.t('up.status.waiting'));
            },
            signal: ending.signal,
            reloads: (listener) => {
              hear = listener;
              for (const request of early) hear(request);
            },
            renewals: (listener) => {
              hearRenewal = listener;
              for (const request of asking) listener(request);
            },
          });
        } finally {
          await control.close();
        }
      });
    },
  );
}

/** What became of an attempt, with the places of what is found. */
function reloaded(attempt: Attempt, read: Described | undefined): Reloaded {
  const located = (more: readonly Finding[]) => read?.located([...read.findings, ...more]) ?? more;
  switch (attempt.kind) {
    case 'applied': {
      const { site, applied } = attempt;
      return { kind: 'applied', site, ...applied, findings: located(applied.findings) };
    }
    case 'refused':
      return { kind: 'refused', findings: located([]) };
    case 'failed': {
      const { code, params, pointer, next } = attempt.fault;
      const findings = located(pointer === undefined ? [] : [faultFinding(attempt.fault)]);
      return { kind: 'failed', fault: { code, params, pointer, next }, findings };
    }
  }
}
