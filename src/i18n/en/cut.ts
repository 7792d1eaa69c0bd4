/** Texts of what cuts people and publications off, and of what is told of it. */
export const cut = {
  'cut.connections.denied':
    '{count} live connections could not be ended: the kernel refuses ({reason}). New requests are refused.',
  'cut.connections.denied.next':
    'run the command as root; if the daemon could not, look whether /proc/sys/kernel/yama/ptrace_scope is 0',
} as const;
