import { expect, test } from 'vitest';
import { describe, report, shippable, textOf } from './index.ts';
import { memory } from './testing.ts';

const read = (mail: string) =>
  describe('/home/me/site.yaml', { files: memory({ '/home/me/site.yaml': `site: s\n${mail}` }) });
const smtp = 'host: mx.example.fr';
const from = 'from: Poterne <p@example.fr>';

test.each([
  [`mail: { smtp: { ${smtp} }, ${from} }`, []],
  [`mail: { smtp: { ${smtp} } }`, ['mail.key.missing /mail']],
  [`mail: { smtp: { hots: x, ${smtp} }, ${from} }`, ['mail.key.unknown /mail/smtp/hots']],
  [
    `mail: { smtp: { ${smtp}, user: u, password: hunter2 }, ${from} }`,
    ['secret.written /mail/smtp/password'],
  ],
  [
    `mail: { smtp: { ${smtp}, user: u, password: [hunter2] }, ${from} }`,
    ['secret.written /mail/smtp/password'],
  ],
  [`mail: { smtp: { ${smtp}, user: u }, ${from} }`, ['mail.login /mail/smtp/user']],
  [`mail: { smtp: { ${smtp}, password: { file: /x } }, ${from} }`, ['mail.login /mail/smtp/password']],
  [
    `mail: { smtp: { ${smtp}, user: u, password: { file: x } }, ${from} }`,
    ['value.file.absolute /mail/smtp/password/file'],
  ],
  [`mail: { smtp: { ${smtp}, tls: none }, ${from} }`, ['value.choice /mail/smtp/tls']],
  [`mail: { smtp: { ${smtp} }, from: 'a@b.fr, c@d.fr' }`, ['value.mailbox /mail/from']],
  [`mail: { smtp: { ${smtp} }, ${from}, alert: [dsi@b.fr] }`, []],
  [`mail: { smtp: { ${smtp} }, ${from}, alert: ['DSI <dsi@b.fr>'] }`, ['value.email /mail/alert/0']],
  [`mail: { smtp: { ${smtp} }, ${from}, limit: 10 }`, ['value.size /mail/limit']],
  ['archives: { folder: srv, url: "https://a.fr/x" }', ['value.file.absolute /archives/folder']],
  ['archives: { folder: /srv, url: "https://u:p@a.fr/" }', ['value.url.folder /archives/url']],
  ['archives: { folder: /srv }', ['archives.key.missing /archives']],
  ['runs: { keep: 90d, last: 0 }', ['value.least /runs/last']],
  ['runs: { kep: 90d }', ['runs.key.unknown /runs/kep']],
])('%s', async (mail, found) => {
  const { findings } = await read(`${mail}\n`);
  expect(findings.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual(found);
});

test('a password that stands there is shown by nothing', async () => {
  const { findings, sources } = await read(
    `mail: { smtp: { ${smtp}, prot: 1, user: u, password: hunter2 }, ${from} }\n`,
  );
  const shown = report(findings, { language: 'en', cwd: '/', read: (path) => textOf(sources, path) });
  expect(shown).toContain('mail.key.unknown');
  expect(shown).not.toContain('hunter2');
});

test('what is not said has its usual value, and files that go with it are carried along', async () => {
  const { site, sources } = await read(
    `mail: { smtp: { ${smtp}, tls: implicit, ca: ca.pem, user: u, password: { file: /etc/secret } }, ${from} }
archives: { folder: /srv/a, url: "https://a.fr/runs" }
`,
  );
  expect(site?.mail).toEqual({
    smtp: {
      ...{ host: 'mx.example.fr', port: 465, tls: 'implicit', ca: '/home/me/ca.pem', pointer: '/mail/smtp' },
      login: { user: 'u', password: { file: '/etc/secret', pointer: '/mail/smtp/password' } },
    },
    ...{ from: { name: 'Poterne', address: 'p@example.fr' }, limit: 1e7, pointer: '/mail' },
  });
  expect(site?.keeping).toEqual({
    lastRuns: 10,
    archives: { folder: '/srv/a', url: 'https://a.fr/runs/', keep: 30 * 86_400_000, pointer: '/archives' },
  });
  if (!site) throw new Error('refused');
  const { yaml, files } = shippable(sources, site, '/etc/poterne/files');
  expect(files).toMatchObject([{ from: '/home/me/ca.pem', because: '/mail/smtp/ca' }]);
  expect(yaml).toContain(`ca: ${files[0]?.to}`);
});
