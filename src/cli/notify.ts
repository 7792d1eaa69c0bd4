import { localhost } from '../hosts/local.ts';

/** Tells systemd, when it started us, that we have started and how we are. Node has no datagram sockets of its own for it. */
export async function notify(status: string): Promise<void> {
  if (process.env.NOTIFY_SOCKET) await localhost.run(['systemd-notify', '--ready', `--status=${status}`]);
}
