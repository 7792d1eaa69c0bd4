/** Where and as whom a machine is reached: over SSH, or without, when it is this one. */
export interface SshTarget {
  /** Its name in the description. */
  readonly name: string;
  /** Address or DNS name. */
  readonly address: string;
  /** Default: what ssh_config says, else 22. */
  readonly port?: number;
  /** Default: what ssh_config says, else the local user's name. Anybody but root works through sudo. */
  readonly user?: string;
  /** The machine to go through (ProxyJump). */
  readonly via?: SshTarget;
  /** It is the machine that Poterne runs on: nothing is connected to. */
  readonly here?: true;
  /** Its public host key as `type base64`, when the description has it; else known_hosts must. */
  readonly hostKey?: string;
}
