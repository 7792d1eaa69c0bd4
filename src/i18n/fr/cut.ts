import type { cut as en } from '../en/cut.ts';

export const cut: Record<keyof typeof en, string> = {
  'cut.connections.denied':
    '{count} connexions en cours n’ont pas pu être coupées : le noyau refuse ({reason}). Les nouvelles requêtes sont refusées.',
  'cut.connections.denied.next':
    'lancez la commande en root ; si c’est le service qui n’a pas pu, voyez si /proc/sys/kernel/yama/ptrace_scope vaut 0',
};
