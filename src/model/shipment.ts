import type { Pointer } from './pointer.ts';
import type { Site } from './site.ts';

/** A description made ready to be carried to the host that serves it: one text, and the files that it names. */
export interface Shipment {
  /** YAML that means the same site, with the same pointers. */
  readonly yaml: string;
  readonly files: readonly ShippedFile[];
  /** What the text means there: the site, with its files where they will be. */
  readonly site: Site;
}

/** A certificate, a key or a bundle of authorities. */
export interface ShippedFile {
  /** Absolute, on the controller. */
  readonly from: string;
  /** Absolute, on the host, as the text names it. */
  readonly to: string;
  /** What in the description names it first. */
  readonly because: Pointer;
}
