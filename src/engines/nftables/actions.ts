import { keptObservation, type Word } from '../../model/bundle.ts';
import type { Argv } from '../engine.ts';

/** The ruleset on the host, which the unit loads at boot. */
export const rulesetPath = '/etc/poterne/firewall.nft';
export const unitName = 'poterne-firewall.service';
export const unitPath = `/etc/systemd/system/${unitName}`;
/** What is added to Debian's own service, which begins and ends with "flush ruleset" (systemd.unit(5), drop-in). */
export const dropInPath = '/etc/systemd/system/nftables.service.d/poterne.conf';
/** Not in sysctl.d: a boot at which the rules cannot be loaded would forward everything. */
export const forwardingPath = '/etc/poterne/forwarding.conf';

/** nft says whether the kernel would take the whole script; nothing is changed. */
export const checks: readonly (readonly Word[])[] = [['nft', '-c', '-f', { staged: rulesetPath }]];

/** One transaction: the kernel has the old rules, then the new ones, and never none. */
export const load: Argv = ['nft', '-f', rulesetPath];

/** What the kernel holds of it, without counters. */
export const observe: Argv = ['nft', '--stateless', 'list', 'table', 'inet', 'poterne'];

/** Puts back the rules that somebody had changed by hand, in one transaction. */
export const restore: readonly Argv[] = [
  ['nft', `add table inet poterne; delete table inet poterne; include "${keptObservation('nftables')}"`],
];

/** Forwarding is allowed after the rules that filter it. */
export const allowForwarding: Argv = ['sysctl', '-q', '-p', forwardingPath];

/** Both tables are gone afterwards, whether they were there or not. nft reads its arguments as one script. */
export const undo: readonly Argv[] = [
  ['nft', 'add table inet poterne; delete table inet poterne'],
  ['nft', 'add table inet poterne_bans; delete table inet poterne_bans'],
];
