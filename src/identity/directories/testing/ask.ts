import { createInterface } from 'node:readline';
import { Fault } from '../../../model/fault.ts';
import type { LdapDirectory } from '../../../model/sign-in.ts';
import { ldapSource } from '../index.ts';

/**
 * Asks a directory from another network than the test's: a program whose argument is the directory, and that answers each line of JSON
 * (`["check", login, password]`, `["find", id]`, `["end"]`) with one.
 */
const source = ldapSource(JSON.parse(process.argv[2] as string) as LdapDirectory);
for await (const line of createInterface({ input: process.stdin })) {
  const [what, first, second = ''] = JSON.parse(line) as [string, string, string?];
  const began = performance.now();
  const answer = await (what === 'check' ? source.check(first, second) : source.find(first)).catch(
    (error) => {
      if (!(error instanceof Fault)) throw error;
      const cause = error.cause instanceof Fault ? { cause: error.cause.code } : {};
      return { fault: error.code, ...error.params, ...cause };
    },
  );
  console.log(JSON.stringify({ answer: answer ?? null, milliseconds: performance.now() - began }));
}
await source.close();
