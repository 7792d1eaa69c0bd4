import type { Pointer } from './pointer.ts';
import type { SecretRef } from './secret.ts';

/** A PostgreSQL database that several gateways share. */
export interface SharedStore {
  /** Name or address, or the absolute path of the folder of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: SecretRef;
  /** Absolute path of a PEM file. */
  readonly ca?: string;
  readonly pointer: Pointer;
}

/** Where what commands remember of a site is kept when several gateways share it. */
export interface StorePlace {
  readonly postgres: SharedStore;
  /** Milliseconds after which what a silent gateway held is free. */
  readonly lease: number;
}
