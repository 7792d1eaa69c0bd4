/** A base of Debian 12 that several tests share, so that it is built once: one package more than usual, and some that apt can install. */
export const prepared = {
  packages: ['fping'],
  available: ['conntrack', 'fail2ban', 'python3-systemd'],
};
/** The same of Debian 13, where nothing more than usual is installed. */
export const preparedTrixie = {
  release: 'trixie' as const,
  available: ['fail2ban', 'python3-systemd'],
};
