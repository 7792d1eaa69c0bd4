import type { Word } from '../../model/bundle.ts';
import type { Argv } from '../engine.ts';
import { broughtPath, configPath, effectivePath, peopleAccountsPath, revocationsPath } from './places.ts';

/** sshd wants to be called by its path. */
const sshd = '/usr/sbin/sshd';

/** Our drop-in would have no effect without the line that Debian's sshd_config begins with. */
const included = `tolower($1) == "match" { exit }
tolower($1) == "include" && $2 == "/etc/ssh/sshd_config.d/*.conf" { found = 1 }
END {
  if (found) exit 0
  print "/etc/ssh/sshd_config does not begin with: Include /etc/ssh/sshd_config.d/*.conf" > "/dev/stderr"
  exit 1
}`;

export const checks: readonly (readonly Word[])[] = [
  ['awk', included, '/etc/ssh/sshd_config'],
  [sshd, '-t', '-f', { staged: configPath }],
];

/** The accounts of people, on the bastion. */
export const makeAccounts: Argv = ['systemd-sysusers', peopleAccountsPath];

/** Puts the list of revoked certificates where sshd reads it. */
export const bring: Argv = [effectivePath, 'bring'];

/** The whole configuration, ours in it; then it is in force for new connections, and what is in force is compared. */
export const activate: readonly Argv[] = [
  [sshd, '-t'],
  ['systemctl', 'try-reload-or-restart', 'ssh.service'],
  [effectivePath, 'check'],
];

/** What sshd has in force of ours: also what other files of its configuration say. */
export const observe: Argv = [effectivePath, 'show'];

export const undo: readonly Argv[] = [['systemctl', 'try-reload-or-restart', 'ssh.service']];

/**
 * Brings the list of what was revoked; shows, or compares with what is wanted, what sshd tells of itself for an account that nobody has: it has no Match block of its own, so
 * that what it gets is what everybody gets.
 */
export function effectiveScript(wanted: readonly string[]): string {
  return `#!/bin/sh
# Written by Poterne. usage: effective show|check|bring
set -eu
if [ "$1" = bring ]; then
  if [ -e ${broughtPath} ]; then
    install -m 0644 ${broughtPath} ${revocationsPath}.new
    mv -f ${revocationsPath}.new ${revocationsPath}
  elif [ ! -e ${revocationsPath} ]; then
    : >${revocationsPath}
  fi
  exit 0
fi
said=$(${sshd} -T -C user=poterne-nobody,host=localhost,addr=192.0.2.1 |
  grep -E '^(${[...new Set(wanted.map((line) => line.split(' ')[0]))].join('|')}) ' | sort)
case $1 in
  show) printf '%s\\n' "$said" && sha256sum ${revocationsPath} ;;
  check)
    while read -r line; do
      printf '%s\\n' "$said" | grep -qxF -- "$line" || { echo "sshd has not in force: $line" >&2; exit 1; }
    done <<'END'
${wanted.join('\n')}
END
    ;;
esac
`;
}
