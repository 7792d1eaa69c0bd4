/** Messages of what is kept up on many hosts (updates, files, accounts, keys): code → text; `{name}` stands for a value. */
export const upkeep = {
  'place.missing': '{host}: there is no folder {path}',
  'place.missing.next': 'nothing was put there; make the folder first',
  'place.foreign': '{host}: others than root and the account that writes can change {path}',
  'place.foreign.next':
    'nothing was put there, as they could lead it elsewhere; see "ls -ld" of it there, take their right to write, or say --as with the account that it belongs to',
  'place.occupied': '{host}: {path} is there and is no regular file',
  'place.occupied.next': 'nothing was put there; give the path of a file',
  'place.owner': '{host}: the file cannot belong to {path}',
  'place.owner.next':
    'nothing was put there; see whether account and group exist there. An account other than root gives nothing away',
  'place.write': '{host}: the file cannot be written: {reason}',
  'place.write.next': 'nothing was put there; see "ls -ld" of its folder there, and "findmnt -T" of it',
  'put.about': 'put files of this machine on many hosts',
  'put.usage': '[options] <file…>',
  'put.files': 'files of this machine; folders are not taken',
  'put.to': 'where they go there: a folder with / at the end, or the path of one file',
  'put.as': 'whose rights they are written with (default: root)',
  'put.mode': 'their mode there, in octal (default: of the file that is replaced, else 644)',
  'put.owner': 'their owner there: USER or USER:GROUP (default: of the file that is replaced, else of --as)',
  'put.is.new': '{count} new',
  'put.is.changed': '{count} replaced',
  'put.is.same': '{count} the same',
  'get.missed': '{host}: {count} file(s) could not be brought back',
  'get.about': 'bring files of many hosts back, in a folder for each',
  'get.usage': '[options] <pattern…>',
  'get.patterns':
    "which files, as a POSIX shell there expands it, in quotes: '/var/log/app/*.log'; folders are not taken",
  'get.to': 'the folder of this machine that gets one for each host',
  'get.as': 'whose rights they are read with (default: the account that logs in)',
} as const;
