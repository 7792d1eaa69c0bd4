import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BundlePart } from '../../model/bundle.ts';
import { networkFindings, networkOf } from '../../plan/network.ts';
import { siteOf } from '../../plan/testing.ts';
import engine from './engine.ts';
import { keyLine, keyword, note, write } from './syntax.ts';
import { situations } from './testing-sites.ts';

// `npx vitest run src/engines/openssh/render.test.ts -u` writes the golden files anew.

/** The part of each host that has one. */
async function parts(yaml: string): Promise<ReadonlyMap<string, BundlePart>> {
  const asked = networkOf(await siteOf(yaml));
  return new Map(
    asked.site.hosts.flatMap((host) => {
      const part = engine.part(asked, host);
      return part ? [[host.name, part] as const] : [];
    }),
  );
}

const fileText = (part: BundlePart | undefined, path: string): string => {
  const content = part?.files.find((file) => file.path === path)?.content;
  return content && 'text' in content ? content.text : '';
};
const config = '/etc/ssh/sshd_config.d/00-poterne.conf';

describe.each(Object.entries(situations))('golden %s', (name, yaml) => {
  test('what each host gets', async () => {
    const all = await parts(yaml);
    expect([...all.keys()]).toEqual(['passerelle', 'prod1', 'prod2']);
    for (const [host, part] of all) {
      const told = part.files.map((file) => {
        const text = fileText(part, file.path);
        return `=== ${file.path} ${file.mode.toString(8)}\n${text}`;
      });
      await expect(told.join('\n')).toMatchFileSnapshot(`golden/${name}/${host}.txt`);
      expect(part.files[0]?.origins).toHaveLength(fileText(part, config).split('\n').length - 1);
    }
    expect(networkFindings(await siteOf(yaml)).filter((f) => f.severity === 'error')).toEqual([]);
  });
});

test('without a bastion that is set up, SSH servers are left alone', async () => {
  const yaml = situations.keys as string;
  expect((await parts(yaml.replace(/ {2}host-authority.*\n/, ''))).size).toBe(0);
  expect((await parts(yaml.replace(/^access:.*/ms, ''))).size).toBe(0);
});

test('a host that people may enter and whose SSH server is left alone is told', async () => {
  const found = async (more: string) =>
    engine
      .review(await siteOf(`${situations.certificates}`.replace('to: prod1,', more)))
      .map(({ code, pointer }) => [code, pointer]);
  expect(await found('to: prod1,')).toEqual([]);
  expect(await found('to: prod1 or ancien,')).toEqual([['ssh-server.left', '/hosts/ancien/ssh-server']]);
});

test('a part is checked, put in force, compared, confirmed and taken back', async () => {
  const all = await parts(situations.certificates as string);
  expect(all.get('prod2')).toMatchObject({
    name: 'openssh',
    confirm: 30,
    actions: [
      ['/etc/ssh/poterne/effective', 'bring'],
      ['/usr/sbin/sshd', '-t'],
      ['systemctl', 'try-reload-or-restart', 'ssh.service'],
      ['/etc/ssh/poterne/effective', 'check'],
    ],
    undo: [['systemctl', 'try-reload-or-restart', 'ssh.service']],
    observe: ['/etc/ssh/poterne/effective', 'show'],
  });
  expect(all.get('passerelle')?.actions[0]).toEqual([
    'systemd-sysusers',
    '/etc/sysusers.d/poterne-people.conf',
  ]);
});

test('only the accounts that rules name, and Poterne’s own, are anybody’s', async () => {
  const all = await parts(situations.certificates as string);
  const principals = (host: string) =>
    (all.get(host)?.files ?? [])
      .filter(({ path }) => path.startsWith('/etc/ssh/poterne/principals/'))
      .map(({ path }) => [path.split('/').at(-1), fileText(all.get(host), path).trim().split('\n')]);
  expect(principals('prod1')).toEqual([
    ['User_DollarU', ['prod1/User_DollarU']],
    ['debian', ['prod1/debian', 'poterne:management']],
  ]);
  expect(principals('passerelle')).toEqual([['debian', ['poterne:management']]]);
});

test('without static keys a registered key yields a certificate and nothing else; none lasts longer than its person', async () => {
  const off = (await parts(situations.certificates as string)).get('passerelle');
  const on = (await parts(situations.keys as string)).get('passerelle');
  const alice = '/etc/ssh/poterne/people/alice.keys';
  expect(fileText(off, alice)).toMatch(/^restrict,command="\/etc\/ssh\/poterne\/front" ssh-ed25519 \S+\n$/);
  expect(fileText(on, alice)).toMatch(
    /^restrict,port-forwarding,command="\/etc\/ssh\/poterne\/front" ssh-ed25519 \S+\n$/,
  );
  const bob = (situations.keys as string).replace('bob: {', `bob: { keys: ["ecdsa-sha2-nistp256 ${ecdsa}"],`);
  expect(fileText((await parts(bob)).get('passerelle'), '/etc/ssh/poterne/people/bob.keys')).toContain(
    'expiry-time="20261231230000Z"',
  );
});

/** A key with which nobody signs: its point is no point. */
const ecdsa = Buffer.concat(
  ['ecdsa-sha2-nistp256', 'nistp256', 'x'.repeat(65)].map((text) =>
    Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)]),
  ),
).toString('base64');

describe('no text breaks out of its place', () => {
  test('of a keyword: what sshd would read otherwise is refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const plain = /^[\w.,:/@%*+=[\]-]+$/.test(text);
        const written = () => write([keyword('/x', 'PermitOpen', text)]).text;
        if (plain) expect(written()).toBe(`PermitOpen ${text}\n`);
        else expect(written).toThrow();
      }),
    );
  });

  test('of a comment: it stays one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(write([note(text)]).text).toMatch(/^# [^\n\r\u2028]*\n$/);
      }),
    );
  });

  test('of a name: it stays in its quotes', async () => {
    const names = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .filter((t) => /^[^\p{Cc}]+$/u.test(t));
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        const yaml = (situations.keys as string).replace(/"Alice: « Martin »"/, () => JSON.stringify(name));
        const text = fileText((await parts(yaml)).get('passerelle'), '/etc/sysusers.d/poterne-people.conf');
        const lines = text.trimEnd().split('\n');
        expect(lines).toHaveLength(4);
        expect(lines[2]).toMatch(/^u alice -:poterne-people "[^"\\:%,]*" \/ \/bin\/sh$/);
      }),
      { numRuns: 30 },
    );
  });

  test('of a key: only one that was parsed stands there', () => {
    expect(() => keyLine([], 'ssh-ed25519 AAAA" x')).toThrow();
    expect(() => keyLine([], 'command="sh" ssh-ed25519 AAAA')).toThrow();
  });
});
