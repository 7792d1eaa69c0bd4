import type { HostEngine } from '../engine.ts';
import { diagnose } from './diagnose.ts';
import { expect } from './expect.ts';
import { part } from './part.ts';
import { review } from './review.ts';
import { schema } from './schema.ts';

export default {
  kind: 'host',
  name: 'openssh',
  packages: ['openssh-server'],
  schema,
  review,
  examine: () => [],
  part,
  diagnose,
  expect,
} satisfies HostEngine;
