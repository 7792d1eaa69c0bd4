import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installation } from '../hosts/installation.ts';
import { loggedByEntry } from './logged.ts';

/** What writes to the audit log about people at the gateway. */
const rooms = [
  'src/identity',
  'src/daemon/entry',
  'src/daemon/portal',
  'src/daemon/cut',
  'src/cli/commands/token',
];

test('all that is written about people at the gateway has a name that is known', () => {
  const texts = rooms.flatMap((room) =>
    readdirSync(join(installation, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => readFileSync(join(installation, room, name), 'utf8')),
  );
  const used = new Set(
    texts.flatMap((text) =>
      [...text.matchAll(/(?:\bwhat: |\blog(?:ged)?\()'([a-z][a-z.-]*)'(?! \|)/g)].map(
        ([, name]) => name as string,
      ),
    ),
  );
  // Built from what was answered.
  used.add('approval.accept').add('approval.refuse');
  expect([...used].sort()).toEqual(Object.keys(loggedByEntry).sort());
});
