import type { Message } from './message.ts';
import type { Pointer } from './pointer.ts';

/** One end of a flow. */
export type Endpoint =
  /** Any machine of a zone; everyone is the zone `internet` with every address. */
  | { readonly kind: 'zone'; readonly name: string; readonly networks: readonly string[] }
  /** A described machine. `zone` is the one it names, or the smallest that holds its address. */
  | {
      readonly kind: 'host';
      readonly name: string;
      readonly address?: string;
      readonly addresses: readonly string[];
      readonly zone?: string;
    }
  /** A CIDR block (`name`), of one address or more, that is no described machine's. */
  | { readonly kind: 'network'; readonly name: string; readonly zone?: string }
  /** The internet without the described zones: every address that is in no zone and not private (`except`). */
  | { readonly kind: 'internet'; readonly name: 'internet'; readonly except: readonly string[] }
  /** A DNS name that no described machine has: where it leads, the description does not say. */
  | { readonly kind: 'name'; readonly name: string };

/** Why something is open. */
export interface Reason {
  readonly say: Message;
  readonly because: Pointer;
}

/** A network flow that the description asks for: `from` may open connections to `to`. */
export interface Flow {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly protocol: 'tcp' | 'udp';
  /** The port that `from` asks for. */
  readonly port: number;
  /** The port where `to` itself listens, when something in front of it forwards `port` there. */
  readonly forwardedTo?: number;
  readonly reasons: readonly Reason[];
}

/** A service that the gateway reaches without leaving its machine: a unix socket, loopback, an address of its own. */
export interface LocalLink {
  readonly service: string;
  /** `unix:/run/app.sock` or `127.0.0.1:8069`. */
  readonly at: string;
  /** The described machine that the service names, when it is not the gateway itself. */
  readonly host?: string;
  readonly reasons: readonly Reason[];
}
