import type { HostEngine } from '../engine.ts';
import { diagnose } from './diagnose.ts';
import { expect } from './expect.ts';
import { part } from './part.ts';
import { schema } from './schema.ts';

export default {
  kind: 'host',
  name: 'fail2ban',
  packages: [],
  schema,
  review: () => [],
  examine: () => [],
  part,
  diagnose,
  expect,
} satisfies HostEngine;
