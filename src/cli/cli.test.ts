import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { folder, json, poterne, write } from './testing-folder.ts';

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('help and what is wrong with a request', { timeout: 180_000 }, () => {
  const commands = ['demo', 'check', 'plan', 'apply', 'verify', 'status', 'up', 'stop', 'hosts', 'schema'];

  test.each(commands)('%s --help has examples, in both languages', async (name) => {
    const [english, french] = await Promise.all([
      poterne([name, '--help']),
      poterne([name, '--help', '--lang', 'fr']),
    ]);
    expect(english).toMatchObject({ status: 0, err: '' });
    expect(english.out).toMatch(new RegExp(`^Usage: poterne ${name} \\[options\\]`));
    expect(english.out).toMatch(new RegExp(`^Examples:\n {2}\\$ poterne ${name}`, 'm'));
    expect(french.out).toMatch(new RegExp(`^Exemples :\n {2}\\$ poterne ${name}`, 'm'));
    expect(french.out).toMatch(/^Usage : [\s\S]*--json +affiche une valeur JSON/m);
    expect(french.out).not.toMatch(/Arguments:|Options:|\bdefault\b|choices/);
  });

  test('the command alone shows what there is, and leaves with 2', async () => {
    const { status, err } = await poterne([], { env: { POTERNE_LANG: 'fr' } });
    expect(status).toBe(2);
    for (const name of commands) expect(err).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(err).toContain('Commandes :');
    expect(await poterne(['--version'])).toMatchObject({ status: 0, out: expect.stringMatching(/^\d+\./) });
  });

  test.each([
    ['plna', 'there is no command "plna"', 'did you mean plan?'],
    ['plan --dif', '"poterne plan" has no option --dif', 'did you mean --diff?'],
    ['plan --zzzzzz', '"poterne plan" has no option --zzzzzz', 'see: poterne plan --help'],
    ['verify --only', 'the option "--only <name>" is there without its value', 'poterne verify --help'],
    ['plan --lang de', 'the option "--lang <lang>" cannot be "de"', 'see: poterne plan --help'],
    ['plan a.yaml b.yaml', 'too many arguments for "poterne plan"', 'see: poterne plan --help'],
    ['verify --only nobody', 'no publication is called "nobody"; there are: a.localhost', ''],
    ['verify --ca gone.pem', 'the root certificate gone.pem cannot be read', '-----BEGIN CERTIFICATE-----'],
    ['verify --ca site.yaml', 'the root certificate site.yaml cannot be read', '-----BEGIN CERTIFICATE-----'],
  ])('%s', async (argv, said, next) => {
    const { status, out, err } = await poterne(argv.split(' '));
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(`error: ${said}`);
    expect(err).toContain(next);
  });

  test('where the description is no option, it is said where it belongs', async () => {
    const { err } = await poterne(['why', 'alice', 'erp.example.fr', '--from', '10.0.0.7', '--site', 'x']);
    expect(err).toContain('poterne why [options] <user> <name> [file] --from <address>');
    expect((await poterne(['plan', '--site', 'site.yaml'])).err).toContain('[file]');
    expect((await poterne(['audit', '--site', 'site.yaml'])).err).toContain('did you mean');
  });

  test('the same in French, and for programs', async () => {
    const { err } = await poterne(['plan', '--dif'], { env: { POTERNE_LANG: 'fr' } });
    expect(err).toBe(
      'erreur : « poterne plan » n’a pas d’option --dif\nensuite : vouliez-vous dire --diff ?\n',
    );
    const ran = await poterne(['plan', '--dif', '--json']);
    expect(ran).toMatchObject({ status: 2, err: '' });
    expect(json(ran).fault).toMatchObject({ code: 'usage.option.unknown', next: 'did you mean --diff?' });
  });
});

describe('check', { timeout: 180_000 }, () => {
  test('nothing to report', async () => {
    expect(await poterne(['check'])).toEqual({
      status: 0,
      out: 'site.yaml: nothing to report. 1 publication, 1 service.\n',
      err: '',
    });
    expect(json(await poterne(['check', '--json']))).toEqual({ ok: true, findings: [] });
  });

  test('each mistake at its place, in both languages', async () => {
    write('  a.localhost: { service: app, audiance: everyone }\n', 'bad.yaml');
    const english = await poterne(['check', 'bad.yaml']);
    expect(english.status).toBe(2);
    expect(english.err).toContain(`bad.yaml:7:32  error  publication.key.unknown
  unknown key "audiance" in publication "a.localhost"
  7 |   a.localhost: { service: app, audiance: everyone }
                                     ^^^^^^^^
  hint: did you mean "audience"?
`);
    const french = await poterne(['check', 'bad.yaml', '--lang', 'fr']);
    expect(french.err).toContain('bad.yaml:7:32  erreur  publication.key.unknown');
    expect(french.err).toContain('vouliez-vous dire « audience » ?');
    const ran = await poterne(['check', 'bad.yaml', '--json']);
    expect(ran).toMatchObject({ status: 2, err: '' });
    expect(json(ran)).toMatchObject({
      ok: false,
      findings: [{ code: 'publication.key.unknown', file: 'bad.yaml', line: 7, column: 32, length: 8 }],
    });
  });

  test.each(['plan', 'apply', 'verify'])('%s refuses such a description as check does', async (name) => {
    const ran = await poterne([name, 'bad.yaml']);
    expect(ran).toMatchObject({ status: 2, out: '', err: (await poterne(['check', 'bad.yaml'])).err });
    expect(json(await poterne([name, 'bad.yaml', '--json']))).toMatchObject({ ok: false });
  });

  test('broken YAML, a file that is not there, and one that is a folder', async () => {
    writeFileSync(join(folder, 'broken.yaml'), 'site: s\nservices: { a: [ }\n');
    const broken = await poterne(['check', 'broken.yaml']);
    expect(broken.status).toBe(2);
    expect(broken.err).toMatch(/^broken\.yaml:2:\d+ {2}error {2}/);
    expect(await poterne(['check', 'gone.yaml'])).toMatchObject({
      status: 2,
      err: expect.stringMatching(/file\.missing\n {2}there is no file gone\.yaml\n {2}hint: /),
    });
    expect(await poterne(['check', '.'])).toMatchObject({
      status: 2,
      err: expect.stringMatching(
        /file\.unreadable[\s\S]*hint: it must be a file that the account \S+ may read/,
      ),
    });
  });

  test('the schema knows every word of the examples', async () => {
    const { status, out } = await poterne(['schema']);
    expect(status).toBe(0);
    const schema = JSON.parse(out);
    expect(schema.$schema).toMatch(/json-schema\.org/);
    expect(Object.keys(schema.properties).sort()).toEqual(
      expect.arrayContaining(['site', 'include', 'gateway', 'hosts', 'services', 'publications', 'zones']),
    );
  });
});

test.each([
  ['status'],
  ['stop'],
  ['plan', join(folder, 'site.yaml')],
  ['apply', join(folder, 'site.yaml'), '--lang=fr'],
])('a state folder that this account may not open: %s', async (...argv) => {
  const shut = join(folder, 'shut');
  mkdirSync(join(shut, 'nginx', 'run'), { recursive: true });
  chmodSync(shut, 0);
  const nobody = process.getuid?.() === 0 ? { uid: 65534 } : {};
  const { status, err } = await poterne(argv, { env: { POTERNE_STATE: shut }, ...nobody });
  chmodSync(shut, 0o700);
  expect(status).toBe(1);
  expect(err).toContain(
    argv.includes('--lang=fr')
      ? `erreur : ce compte ne peut pas écrire dans le dossier d’état ${shut}`
      : `error: the state folder ${shut} cannot be written by this account\nnext: run as root, or choose`,
  );
});
