import { spawn } from 'node:child_process';
import { harmless } from '../../lib/harmless.ts';
import type { HookChallenge } from '../../model/acme.ts';
import { Fault } from '../../model/fault.ts';
import { message } from '../../model/message.ts';
import type { RecordWriter } from './dns01.ts';

const shownError = 600;

/**
 * Has a program write and remove records: `COMMAND… present|cleanup NAME VALUE`, one at a time, since such programs often rewrite a file.
 * It gets no more of the environment than PATH and the language. Throws `acme.hook.missing`, `acme.hook.failed` with what it wrote on
 * standard error, and `acme.hook.slow`.
 */
export function hookWriter(challenge: HookChallenge): RecordWriter {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (action: string, name: string, value: string) => {
    const done = last.then(() => run(challenge, [action, name, value]));
    last = done.catch(() => undefined);
    return done;
  };
  return {
    add: ({ record }, value) => inTurn('present', record, value),
    remove: ({ record }, value) => inTurn('cleanup', record, value),
  };
}

function run({ command, timeout, pointer }: HookChallenge, more: readonly string[]): Promise<void> {
  const [program = '', ...rest] = command;
  const { PATH, LANG } = process.env;
  return new Promise((resolve, reject) => {
    const fail = (
      code: 'acme.hook.missing' | 'acme.hook.failed' | 'acme.hook.slow',
      about: { status?: string; reason?: string },
      cause?: unknown,
    ) => {
      const params = { program, action: more.slice(0, 2).join(' '), seconds: timeout / 1000, ...about };
      reject(new Fault(code, params, { cause, pointer, next: message(`${code}.next`, params) }));
    };
    // A group of its own: what it started ends with it.
    const child = spawn(program, [...rest, ...more], {
      ...{ detached: true, stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' },
      env: { ...(PATH === undefined ? {} : { PATH }), ...(LANG === undefined ? {} : { LANG }) },
    });
    let said = '';
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      // Whoever left the group may hold the pipe for as long as it likes.
      child.stderr.destroy();
    }, timeout);
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      said = (said + text).slice(-shownError);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      fail('acme.hook.missing', { reason: error.code ?? error.message }, error);
    });
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      const reason = harmless(said.replace(/\s+/g, ' ').trim()) || '-';
      if (isLate) fail('acme.hook.slow', { reason });
      else if (status !== 0) fail('acme.hook.failed', { status: String(status ?? signal), reason });
      else resolve();
    });
  });
}
