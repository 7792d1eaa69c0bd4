import { Fault } from '../../model/fault.ts';
import type { Message } from '../../model/message.ts';
import { activeManifest, converge, type Gateway, intend } from '../gateway.ts';
import { type RenewalAsk, type RenewalResult, renewAll } from './keeper.ts';
import { openSharing } from './sharing.ts';

/** Does what somebody asks of the certificates of this machine's gateway, while no daemon runs it. Throws `acme.renew.*` faults. */
export async function renewHere(
  gateway: Gateway,
  ask: RenewalAsk,
  tell: (step: Message) => void,
  signal?: AbortSignal,
): Promise<readonly RenewalResult[]> {
  const site = (await activeManifest(gateway.state))?.site;
  const { acme } = site ?? {};
  if (!site || !acme || acme.certificates.length === 0) throw new Fault('acme.renew.none', {});
  let last: Promise<unknown> = Promise.resolve();
  const serve = () => {
    // One after the other: each reads what is there when it begins.
    const next = last.then(async () => {
      await converge(gateway, await intend(gateway, site), tell);
      return Object.keys((await activeManifest(gateway.state))?.standing ?? {});
    });
    last = next.catch(() => undefined);
    return next;
  };
  const described = { ...site, acme };
  const sharing = await openSharing({ state: gateway.state, site: described });
  try {
    if (await sharing?.meet()) await serve();
    return await renewAll(
      { state: gateway.state, site: described, tell, serve, sharing, ...(signal ? { signal } : {}) },
      ask,
    );
  } finally {
    await sharing?.close();
  }
}
