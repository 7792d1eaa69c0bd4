import type { Engine, HostEngine, ServerEngine } from './engine.ts';
import fail2ban from './fail2ban/engine.ts';
import nftables from './nftables/engine.ts';
import nginx from './nginx/engine.ts';
import openssh from './openssh/engine.ts';

/** Every engine that Poterne configures. Adding one is its folder and a line here. */
export const engines: readonly Engine[] = [nginx, nftables, openssh, fail2ban];

/** Those that run on the gateway, under its own Poterne. */
export const serverEngines: readonly ServerEngine[] = engines.filter((engine) => engine.kind === 'server');

/** Those that are converged on hosts. */
export const hostEngines: readonly HostEngine[] = engines.filter((engine) => engine.kind === 'host');
