import { standInPort } from '../plan/bastion/stand-in.ts';

/** Something that sshd on the bastion refused by itself, before any session asked the daemon. */
export type SshdRefusal =
  /** Somebody who is logged in asked for a connection to a place that is not theirs to reach. */
  | { readonly kind: 'forward'; readonly uid: string; readonly to: string; readonly from?: string }
  /** The sshd that answers in a machine's place took neither the account nor what was shown for it. */
  | {
      readonly kind: 'account' | 'proof';
      readonly account: string;
      /** The loopback address that stands for the machine. */
      readonly stands: string;
      /** As SSH_CONNECTION begins: where the inner connection came from. */
      readonly connection: string;
    };

/** What journalctl is asked for. */
export const sshdLog: readonly string[] = [
  '--output-fields=MESSAGE,_UID,_SYSTEMD_UNIT',
  ...['SYSLOG_IDENTIFIER=sshd', '+', 'SYSLOG_IDENTIFIER=sshd-session'],
];

/** OpenSSH 10 says from where, 9 does not. */
const deniedPattern =
  /^Received request(?: from (\S+) port \d+)? to connect to host (\S+) port (-?\d+), but the request was denied\.$/;

const unit = new RegExp(
  `^poterne-ssh@.*-(127\\.83\\.\\d+\\.\\d+):${standInPort}-([0-9.]+):(\\d+)[^/]*\\.service$`,
);

/** The refusal that a line of the journal (JSON) tells of; `undefined` when it tells of none. */
export function sshdRefusal(line: string): SshdRefusal | undefined {
  const entry = entryOf(line);
  if (!entry) return undefined;
  const { MESSAGE: said, _UID: uid, _SYSTEMD_UNIT: of = '' } = entry;
  const denied = deniedPattern.exec(said);
  if (denied) {
    const [, from, host, port] = denied;
    return { kind: 'forward', uid, to: `${host}:${port}`, ...(from === undefined ? {} : { from }) };
  }
  const [, stands = '', address = '', port = ''] = unit.exec(of) ?? [];
  if (!stands) return undefined;
  const place = { stands, connection: `${address} ${port}` };
  const unknown = /^Invalid user (.*) from \S+ port \d+$/.exec(said);
  if (unknown) return { kind: 'account', account: unknown[1] ?? '', ...place };
  const left =
    /^(?:Connection (?:closed|reset) by|Disconnected from|Disconnecting) authenticating user (\S+) /.exec(
      said,
    );
  return left ? { kind: 'proof', account: left[1] ?? '', ...place } : undefined;
}

interface Entry {
  readonly MESSAGE: string;
  readonly _UID: string;
  /** Missing where the process had gone before journald looked for its control group. */
  readonly _SYSTEMD_UNIT?: string;
}

function entryOf(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line);
    // A message that is no text is an array of bytes.
    return ['MESSAGE', '_UID'].every((name) => typeof entry[name] === 'string') ? entry : undefined;
  } catch {
    return undefined;
  }
}
