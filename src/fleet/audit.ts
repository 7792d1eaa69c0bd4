import { type AuditLog, openAudit } from '../audit/log.ts';
import type { RunHost, RunSpec } from '../model/run.ts';

/** What a run leaves in the audit log of its state folder: who had what run where, and what came of it on each host. */
export async function auditRun(state: string, by: string, id: string, { script, sha256, as, on }: RunSpec) {
  const log: AuditLog = await openAudit(state);
  const ran = { run: id, script, sha256 };
  const entry = { who: by, from: 'here' } as const;
  return {
    /** Nothing is run that the log would not tell. */
    async begin(hosts: number): Promise<void> {
      await log.append({ ...entry, what: 'run.begin', to: on, result: 'done', detail: { ...ran, hosts } });
    },
    async end(results: readonly RunHost[]): Promise<void> {
      await Promise.all(
        results.map(({ host, outcome }) =>
          log.append({
            ...{ ...entry, what: 'run.host', to: as === undefined ? host : `${host}/${as}` },
            result: outcome.is === 'ok' ? 'done' : 'failed',
            detail: { ...ran, outcome: outcome.is, ...('exit' in outcome ? { exit: outcome.exit } : {}) },
          }),
        ),
      );
    },
  };
}
