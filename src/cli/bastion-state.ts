import { bastionPlaces } from '../model/access.ts';
import { stateFolder } from './context.ts';

/** Where the bastion of this machine keeps the authority, the audit log and recordings: `--state`, else for root its own folder. */
export function bastionState(asked: string | undefined, environment: NodeJS.ProcessEnv): string {
  if (!asked && !environment.POTERNE_STATE && process.getuid?.() === 0) return bastionPlaces.state;
  return stateFolder(asked, environment);
}
