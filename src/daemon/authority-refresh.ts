import { join } from 'node:path';
import { runningMaster } from '../apply/engine-process.ts';
import { serverEngines } from '../engines/index.ts';
import { Fault } from '../model/fault.ts';
import { publishAuthority } from '../pki/authority/publish.ts';
import { requestRefresh } from './control.ts';
import { activeManifest, converge, type Gateway, intend } from './gateway.ts';

/**
 * Has what serves here heed what the authority says now, as after a revocation: the list that is published, and those that engines
 * read. The daemon is asked for that where one runs, for it alone applies then.
 */
export async function refreshGateway(gateway: Gateway): Promise<'heeds' | 'stopped' | 'failed'> {
  await publishAuthority(gateway.authority, gateway.state, new Date());
  const asked = await requestRefresh(gateway.state);
  if (asked !== undefined) return asked.kind === 'applied' ? 'heeds' : 'failed';
  const running = await Promise.all(
    serverEngines.map((engine) => runningMaster(engine, join(gateway.state, engine.name))),
  );
  const site = (await activeManifest(gateway.state))?.site;
  if (!site || !running.some(Boolean)) return 'stopped';
  try {
    await converge(gateway, await intend(gateway, site), () => undefined);
    return 'heeds';
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return 'failed';
  }
}
