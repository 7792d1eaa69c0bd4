import type { ServerEngine } from '../engine.ts';
import { actions } from './actions.ts';
import { diagnose } from './diagnose.ts';
import { expect } from './expect.ts';
import { listening, losesPeers } from './render/common.ts';
import { modules } from './render/main.ts';
import { render, seal } from './render.ts';
import { review } from './review.ts';
import { schema } from './schema.ts';

export default {
  kind: 'server',
  name: 'nginx',
  packages: ['nginx'],
  binary: 'nginx',
  modules,
  listening,
  losesPeers,
  schema,
  review,
  render,
  seal,
  actions,
  diagnose,
  expect,
} satisfies ServerEngine;
