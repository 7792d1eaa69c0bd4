import type { AccessKind } from '../model/access.ts';

/** What a session process tells first: all of it comes from its sshd. */
export interface Hello {
  /** The account of the machine that was asked for. */
  readonly account: string;
  /** SSH_CONNECTION: where it came from, and at which address that stands for a machine. */
  readonly connection: string;
  /** What sshd says of how they proved who they are (ExposeAuthInfo). */
  readonly proof: string;
  /** What was asked to be run; absent for a shell. */
  readonly command?: string;
  /** sftp. */
  readonly files: boolean;
  readonly terminal?: { readonly name: string } & Size;
  /** The public key that a certificate for the machine is wanted for. */
  readonly publicKey: string;
  /** Why they enter outside the rules, when they ask for that. */
  readonly breakGlass?: string;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What the daemon answers to one who may enter. */
export interface Admitted {
  readonly session: string;
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** The machine's public host key, as `type base64`. */
  readonly hostKey: string;
  readonly certificate: string;
  /** Something that the person should read first. */
  readonly notice?: string;
}

/** What the daemon says when somebody may not enter, or has to leave. */
export interface Said {
  readonly text: string;
}

/** Something that was done to a file by sftp or scp. */
export interface Transfer {
  /** `get`: from the machine; `put`: to it. */
  readonly action: 'get' | 'put' | 'remove' | 'rename' | 'mkdir' | 'rmdir' | 'link' | 'attributes';
  readonly path: string;
  /** The new name, or what a link leads to. */
  readonly to?: string;
  readonly bytes?: number;
  /** `unfinished`: the session ended while the file was open. */
  readonly result: 'done' | 'failed' | 'unfinished';
}

/** How many bytes a session carried, either way. */
export interface Count {
  readonly toMachine: number;
  readonly fromMachine: number;
}

export interface Exit extends Count {
  readonly status: number;
}

/** What somebody does in a session. */
export type Activity = 'terminal' | 'command' | 'files';

/** What they have to be allowed for it. */
export const kindOf = (activity: Activity): AccessKind => (activity === 'files' ? 'files' : 'shell');

/** Where session processes find the daemon, on the bastion. */
export const sessionSocket = '/run/poterne-bastion/session.sock';

/** What sshd calls the sftp subsystem towards the session process. */
export const sftpCommand = 'poterne-sftp';

/** Of what a command without a terminal writes, so many bytes are recorded; the rest is counted. */
export const mostOfCommand = 1 << 20;
