import { expect, test } from 'vitest';
import { rowsOf } from '../rows.ts';
import { accountFault, changesOf } from './account.ts';
import { reportOf, updateFault } from './update-report.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

test('what a host tells is taken by its known words, and cannot steer a terminal', () => {
  const rows = rowsOf(
    [
      ...['package\ttiny\t1\t2\tsecurity', 'package\tgone\t1\t\t', 'package\t\t1\t2\t', 'package'],
      ...[
        'kept\tstay\thold',
        'kept\todd\t\u001b[2J',
        'kept',
        'reboot\tkernel\t6.1.0-99-amd64',
        'reboot\tnever',
      ],
      ...['unit\tng\u001b[31minx.service', 'nonsense\t1', '', 'end'],
    ].join('\n'),
  );
  expect(rows.ended).toBe(true);
  expect(reportOf(rows)).toMatchObject({
    packages: [
      { name: 'tiny', from: '1', to: '2', security: true },
      { name: 'gone', from: '1', security: false },
    ],
    kept: [
      { name: 'stay', why: 'hold' },
      { name: 'odd', why: 'other' },
    ],
    reboot: [{ why: 'kernel', what: '6.1.0-99-amd64' }],
    units: ['ng\ufffd[31minx.service'],
  });
  expect(changesOf(rowsOf('change\tshell\t/a\t/b\nchange\trm -rf\tx\ty\nchange'))).toEqual([
    { what: 'shell', from: '/a', to: '/b' },
  ]);
});

test('of apt’s words, the telling ones', () => {
  const fault = (said: string) => updateFault('a', rowsOf(`fault\tpackages\t${base64(said)}`))?.params.reason;
  expect(
    fault('dpkg: error processing package bad (--configure):\n installed bad failed\nE: Sub-process'),
  ).toBe('dpkg: error processing package bad (--configure): installed bad failed');
  expect(fault('E: Write error - write (28: No space left on device)\nE: other')).toContain('No space left');
  expect(updateFault('a', rowsOf('end'))).toBeUndefined();
  expect(updateFault('a', rowsOf('fault\t__proto__\t'))?.code).toBe('update.packages');
});

test('what went wrong with an account has a code, whatever the host says', () => {
  const code = (line: string) => accountFault('a', rowsOf(line))?.code;
  expect(code(`fault\tbusy\t${base64('3')}`)).toBe('account.busy');
  expect(code(`fault\tplace\t${base64('foreign\t/home/a')}`)).toBe('place.foreign');
  expect(code('fault\tconstructor\t')).toBe('account.failed');
  expect(code('fault')).toBe('account.failed');
});
