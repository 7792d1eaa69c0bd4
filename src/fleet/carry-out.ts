import { writeSynced } from '../hosts/files.ts';
import type { SshTarget } from '../hosts/target.ts';
import type { RunHost } from '../model/run.ts';
import { withLock } from '../store/lock.ts';
import { auditRun } from './audit.ts';
import { newRun, openJournal, type RecordedRun, scriptFile } from './journal.ts';
import { type Running, runAll } from './runner.ts';

/** A run to be carried out, whoever asks for it: a person at a terminal, or a job whose time has come. */
export interface Commission extends Omit<Running, 'folder' | 'journal'> {
  readonly targets: readonly SshTarget[];
  /** The state folder. */
  readonly state: string;
  /** Who has it run, for the audit log. */
  readonly by: string;
  /** The run that is taken up again; without, it is a new one. */
  readonly resumed?: RecordedRun;
  /** The run whose failed hosts these are. */
  readonly of?: string;
  /** Told once, when it has its folder and before anything is run. */
  begun?(run: RunPlace): void | Promise<void>;
}

/** A run's identifier, and where it is. */
export interface RunPlace {
  readonly id: string;
  readonly folder: string;
}

/** What came of a run. */
export interface CarriedOut extends RunPlace {
  readonly results: readonly RunHost[];
}

/** Carries a run out from its folder to its results, alone in it. Throws `lock.held` when it is under way already. */
export async function carryOut(commission: Commission): Promise<CarriedOut> {
  const { targets, state, by, resumed, of, spec, script, begun } = commission;
  const { id, folder } = resumed ?? (await newRun(state, new Date()));
  return withLock(folder, 0, async () => {
    if (!resumed) await writeSynced(scriptFile(folder), script, 0o600);
    const journal = await openJournal(folder);
    try {
      if (!resumed) {
        const hosts = targets.map(({ name }) => name);
        const at = new Date().toISOString();
        await journal.add({ event: 'run', at, spec, hosts, ...(of === undefined ? {} : { of }) }, true);
      } else await journal.add({ event: 'resume', at: new Date().toISOString() }, true);
      const audit = await auditRun(state, by, id, spec);
      await audit.begin(targets.length);
      await begun?.({ id, folder });
      const results = await runAll(targets, { ...commission, folder, journal });
      await audit.end(results);
      return { id, folder, results };
    } finally {
      await journal.close();
    }
  });
}
