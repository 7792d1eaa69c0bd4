import { sshHost } from '../../hosts/ssh.ts';
import { ownKeyOf, ownMark } from '../../lib/own-question.ts';
import type { Site } from '../../model/site.ts';
import { machineKey } from '../../pki/machine-key.ts';
import { installedGateway } from '../../plan/gateway-part.ts';
import { type IsOwn, nobodysOwn, ownBy } from '../../waf/own.ts';
import { type Reach, servedGateway, targetOf } from '../reach.ts';

/** The key by which a gateway knows its own questions; nothing where the machine has no key that can be read. */
async function keyOf(state: string): Promise<string | undefined> {
  const key = await machineKey(state).catch(() => undefined);
  return key === undefined ? undefined : ownKeyOf(key);
}

/** Which of a gateway's log was asked by itself, or by a `verify` that it gave a mark. */
export async function ownQuestions(state: string): Promise<IsOwn> {
  const key = await keyOf(state);
  return key === undefined ? nobodysOwn : ownBy(key);
}

/** A mark for what is asked of a gateway from now on. Who asks without one counts as a visitor. */
export async function markOf(state: string): Promise<string | undefined> {
  const key = await keyOf(state);
  return key === undefined ? undefined : ownMark(key, new Date());
}

/** A mark that an installed gateway makes; nothing where there is none, or it does not say. Throws `host.*` faults. */
export async function markOfGateway(site: Site, { settings, here }: Reach): Promise<string | undefined> {
  const gateway = servedGateway(site);
  if (!gateway) return undefined;
  const argv = ['poterne', 'waf', 'mark', '--state', installedGateway.state];
  const { code, stdout } = await sshHost(targetOf(site, gateway, here), settings).run(argv);
  return code === 0 && /^[\w.-]{20,60}\n?$/.test(stdout) ? stdout.trim() : undefined;
}
