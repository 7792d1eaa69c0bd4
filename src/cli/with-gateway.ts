import { type Gateway, openGateway } from '../daemon/gateway.ts';

/** Opens the gateway of this machine, works with it, and closes it whatever happens. */
export async function withGateway<T>(state: string, work: (gateway: Gateway) => Promise<T>): Promise<T> {
  const gateway = await openGateway(state);
  try {
    return await work(gateway);
  } finally {
    await gateway.close();
  }
}
