import type { Engine } from './engine.ts';
import nginx from './nginx/engine.ts';

/** Every engine that Poterne configures. Adding one is its folder and a line here. */
export const engines: readonly Engine[] = [nginx];
