import { line, type Node, note, own } from '../syntax.ts';
import type { Context } from './common.ts';
import { signedInLines, type Telling } from './telling.ts';

/**
 * `forwarding.conf`, for every location that leads to a service, and `forwarding-known.conf` or `forwarding-signed.conf` where people sign
 * in: who asked, and for what.
 */
export function forwardingFile(
  { site, publicPort, gatewayAt }: Context,
  telling: Telling = 'nobody',
): Node[] {
  const header = (name: string, value: string): Node => own('proxy_set_header', name, value);
  return [
    note('', 'Who asked, and for what. Nothing that the visitor said about it is believed.'),
    header('Upgrade', '$poterne_upgrade'),
    header('Accept-Encoding', '$poterne_encodings'),
    header('X-Forwarded-For', '$remote_addr'),
    header('X-Real-IP', '$remote_addr'),
    header('X-Forwarded-Proto', 'https'),
    header('X-Forwarded-Host', `$host${publicPort}`),
    line(gatewayAt('public-port'), 'proxy_set_header', 'X-Forwarded-Port', `${site.gateway.publicPort}`),
    header('X-Request-Id', '$request_id'),
    header('Forwarded', ''),
    header('Proxy', ''),
    ...signedInLines(site, telling),
  ];
}
