import { fail2banPlaces } from '../../model/bans.ts';
import type { Word } from '../../model/bundle.ts';
import type { Argv } from '../engine.ts';

export const { jails: jailsPath } = fail2banPlaces;
export const filterPath = '/etc/fail2ban/filter.d/poterne.conf';
export const actionPath = '/etc/fail2ban/action.d/poterne.conf';
export const serverPath = '/etc/fail2ban/fail2ban.d/poterne.local';
export const unit = 'fail2ban.service';

/** fail2ban tests a whole folder: what is there, with what would be. */
const test = `set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp -a /etc/fail2ban/. "$dir"
cp "$1" "$dir/jail.d/zz-poterne.local"
cp "$2" "$dir/filter.d/poterne.conf"
cp "$3" "$dir/action.d/poterne.conf"
fail2ban-client -c "$dir" -t >&2`;

export const checks: readonly (readonly Word[])[] = [
  ['sh', '-c', test, 'poterne', { staged: jailsPath }, { staged: filterPath }, { staged: actionPath }],
];

/** Those whom it had banned are let in again. */
export const undo: readonly Argv[] = [['systemctl', 'try-restart', unit]];
