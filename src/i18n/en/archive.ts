/** Messages of archives of runs: code → text; `{name}` stands for a value. */
export const archive = {
  'run.is.unknown': 'not known',
  'archive.title': '{script} on {site}',
  'archive.origin': 'Run {run}, archived by Poterne',
  'archive.machines': 'Machines',
  'archive.request': 'What was asked for',
  'archive.seal': 'How to check it',
  'archive.seal.how':
    'The list of digests is signed. The first command checks all of it; the second, with coreutils alone, checks the files once they are unpacked.',
  'archive.seal.key': 'Signed by the key',
  'archive.counts': '{ok} of {hosts} machine(s) ok.',
  'archive.counts.failed': '{failed} failed.',
  'archive.counts.unfinished': '{unfinished} without a result.',
  'archive.interrupted': 'The run was interrupted.',
  'archive.stopped.share': 'The run stopped by itself: too many had failed.',
  'archive.stopped.signal': 'The run was stopped by hand.',
  'archive.unknown': 'the script was begun there, and its end was not written down',
  'archive.changed': 'written to while it was read',
  'archive.begun': 'Begun',
  'archive.skipped': 'Not brought back',
  'archive.stdin': 'given, and kept nowhere',
  'archive.row.script': 'Script',
  'archive.row.arguments': 'Arguments',
  'archive.row.on': 'Machines asked for',
  'archive.row.as': 'Account',
  'archive.row.stdin': 'Standard input',
  'archive.row.collect': 'Files asked for',
  'archive.row.begun': 'Begun',
  'archive.row.ended': 'Ended',
  'archive.row.resumed': 'Taken up again',
  'archive.row.of': 'Failed machines of',

  // Faults.
  'archive.key.broken': 'the key that seals archives, {file}, is no Ed25519 key',
  'archive.key.broken.next':
    'put it back from a backup; removing it makes a new one, which others have to be told',
  'archive.changing': '{file} changed while it was archived',
  'archive.changing.next': 'wait until nothing writes there, and archive the run again',
  'archive.unwritten': 'the archive {file} cannot be written: {reason}',
  'archive.unwritten.next': 'make room there or choose another place; the run’s results are kept',
  'archive.unreadable': 'the archive {file} cannot be read: {reason}',
  'archive.unreadable.next': 'give the path of a file that you may read',
  'archive.torn': 'the archive is cut short or its compression is damaged',
  'archive.torn.next': 'get it again, and compare the SHA-256 that its letter says',
  'archive.form': 'this is no archive of a run as Poterne writes it (at "{name}")',
  'archive.form.next':
    'nothing was unpacked; one that was packed again is checked with sha256sum and ssh-keygen: docs/archive.md',
  'archive.kind':
    'the archive holds something that no archive of a run does, such as a link or a device: "{name}"',
  'archive.kind.next':
    'nothing was unpacked, and nobody should: somebody made it to do harm, or it is damaged',
  'archive.name': 'the archive holds a name that leads out of it or harms a terminal: "{name}"',
  'archive.name.next':
    'nothing was unpacked, and nobody should: somebody made it to do harm, or it is damaged',
  'archive.twice': 'the archive holds "{name}" twice',
  'archive.twice.next':
    'nothing was unpacked, and nobody should: which of them counts depends on who unpacks it',
  'archive.large': 'the archive unpacks to more than it should: {size}',
  'archive.large.next':
    'nothing was unpacked; if it is to be that large, and its signer is known to you: --key, or --most SIZE',

  // A letter.
  'archive.letter.subject': '[{site}] {script}: {ok} of {hosts} ok ({run})',
  'archive.letter.failed': 'Machines without a good result:',
  'archive.letter.more': '… and {count} more; the archive has all',
  'archive.letter.run': 'Run: {run}',
  'archive.letter.times': 'From {begun} to {ended}',
  'archive.letter.sum': 'SHA-256 of the archive: {sha256}',
  'archive.letter.key': 'Signed by the key: {fingerprint}',
  'archive.letter.verify': 'Check it with: poterne run verify {name} --key {fingerprint}',
  'archive.letter.link': 'The archive ({size}) is too large for a letter. Until {until} it is at:',
  'archive.letter.there':
    'The archive ({size}) is too large for a letter. It is on {machine}, readable by {account} there:',
  'archive.letter.get': 'Get it with: scp {account}@{machine}:{file} .',
} as const;
