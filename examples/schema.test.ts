import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { jsonSchema } from '../src/describe/index.ts';

test('the schema that the examples refer to is that of this version (else: npm run schema)', async () => {
  const committed = await readFile(new URL('site.schema.json', import.meta.url), 'utf8');
  expect(committed).toBe(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
});
