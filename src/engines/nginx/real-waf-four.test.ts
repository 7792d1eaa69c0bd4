import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRuleSet } from '../../lib/crs.ts';
import type { Waf } from '../../model/waf.ts';
import { publication, service, site } from './testing.ts';
import {
  type Backend,
  backend,
  openFolder,
  type RunningGateway,
  startGateway,
  testAuthority,
} from './testing-gateway.ts';
import { waf } from './testing-waf.ts';

// Rules in the form of CRS 4: its folders, the names of its variables, its plugins. They are ours; Debian has no CRS 4.

const files = {
  'rules/REQUEST-901-INITIALIZATION.conf': `SecComponentSignature "OWASP_CRS/4.0.0-sample"
SecRule &TX:crs_setup_version "@eq 0" "id:901001,phase:1,deny,status:500,log"
SecRule &TX:blocking_paranoia_level "@eq 0" "id:901120,phase:1,pass,nolog,setvar:'tx.blocking_paranoia_level=1'"
SecRule &TX:detection_paranoia_level "@eq 0" "id:901125,phase:1,pass,nolog,setvar:'tx.detection_paranoia_level=%{TX.blocking_paranoia_level}'"
SecRule &TX:inbound_anomaly_score_threshold "@eq 0" "id:901100,phase:1,pass,nolog,setvar:'tx.inbound_anomaly_score_threshold=5'"
SecAction "id:901200,phase:1,pass,nolog,setvar:'tx.blocking_inbound_anomaly_score=0',setvar:'tx.inbound_anomaly_score_pl1=0',setvar:'tx.inbound_anomaly_score_pl2=0'"
`,
  'rules/REQUEST-941-APPLICATION-ATTACK-XSS.conf': `SecRule ARGS "@pmFromFile words.data" "id:941999,phase:2,pass,t:none,t:urlDecodeUni,log,msg:'a script',severity:'CRITICAL',setvar:'tx.inbound_anomaly_score_pl1=+5'"
SecRule TX:DETECTION_PARANOIA_LEVEL "@lt 2" "id:941015,phase:2,pass,nolog,skipAfter:END-941"
SecRule ARGS "@contains odd" "id:941998,phase:2,pass,t:none,log,msg:'odd',severity:'CRITICAL',setvar:'tx.inbound_anomaly_score_pl2=+5'"
SecMarker "END-941"
`,
  'rules/REQUEST-949-BLOCKING-EVALUATION.conf': `SecRule TX:BLOCKING_PARANOIA_LEVEL "@ge 1" "id:949060,phase:2,pass,nolog,setvar:'tx.blocking_inbound_anomaly_score=+%{tx.inbound_anomaly_score_pl1}'"
SecRule TX:BLOCKING_PARANOIA_LEVEL "@ge 2" "id:949061,phase:2,pass,nolog,setvar:'tx.blocking_inbound_anomaly_score=+%{tx.inbound_anomaly_score_pl2}'"
SecRule TX:BLOCKING_INBOUND_ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" "id:949110,phase:2,deny,t:none,msg:'Inbound Anomaly Score Exceeded (Total Score: %{TX.BLOCKING_INBOUND_ANOMALY_SCORE})'"
`,
  'rules/words.data': '<script\n',
  'rules/RESPONSE-999-EXCLUSION-RULES-AFTER-CRS.conf.example': 'SecNonsense\n',
  'crs-setup.conf': 'SecNonsense\n',
  'plugins/blog-rule-exclusions-config.conf': '# Nothing.\n',
  'plugins/blog-rule-exclusions-before.conf': `SecRule TX:blog-rule-exclusions-plugin_enabled "@eq 0" "id:9500099,phase:1,pass,nolog,ctl:ruleRemoveById=9500100-9500199"
SecRule REQUEST_METHOD "@unconditionalMatch" "id:9500100,phase:1,pass,nolog,ctl:ruleRemoveTargetById=941999;ARGS:html"
`,
  'plugins/blog-rule-exclusions-after.conf': '# Nothing.\n',
};

let gateway: RunningGateway;
let app: Backend;
let folder: string;

const walled = (name: string, more: Partial<Waf> = {}) =>
  publication(name, 'app', { scenario: 'proxy+waf', waf: waf(more) });

beforeAll(async () => {
  folder = await openFolder();
  await mkdir(join(folder, 'rules'));
  await mkdir(join(folder, 'plugins'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  app = await backend('app');
  gateway = await startGateway(
    (ports) => ({
      ...site(
        [service('app', app.url)],
        [
          walled('erp.localhost'),
          walled('strict.localhost', { paranoia: 2 }),
          walled('lax.localhost', { thresholds: { inbound: 6, outbound: 6 } }),
          walled('blog.localhost', { applications: ['blog'] }),
        ],
        ports,
      ),
      waf: { folder, pointer: '/waf' },
    }),
    await testAuthority('gateway'),
  );
});

afterAll(async () => {
  await gateway?.stop();
  app?.close();
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ['erp.localhost', '/?q=<script>', 403],
  ['erp.localhost', '/?q=odd', 200],
  ['strict.localhost', '/?q=odd', 403],
  ['lax.localhost', '/?q=<script>', 200],
  ['erp.localhost', '/?html=<script>', 403],
  ['blog.localhost', '/?html=<script>', 200],
  ['blog.localhost', '/?q=<script>', 403],
])('%s%s: %i', async (name, path, status) => {
  expect((await gateway.get(name, encodeURI(path))).status).toBe(status);
});

test('its scores are told in the log, and its version and order are known', async () => {
  const { headers } = await gateway.get('erp.localhost', '/?q=%3Cscript');
  const log = () => readFile(join(gateway.prefix, 'log/waf.log'), 'utf8');
  const line = async () =>
    (await log()).split('\n').find((each) => each.includes(String(headers['x-request-id']))) ?? '';
  // It is written once the answer was sent.
  await expect.poll(line, { timeout: 10_000 }).toContain('"data":"erp_localhost block 5 5  4"');
  const set = await readRuleSet(folder, { list: (path) => readdir(path), bytes: (path) => readFile(path) });
  expect(set).toMatchObject({ version: '4.0.0-sample' });
  expect('files' in set && set.files.map(({ name }) => name)).toEqual([
    'plugins/blog-rule-exclusions-config.conf',
    'plugins/blog-rule-exclusions-before.conf',
    'rules/REQUEST-901-INITIALIZATION.conf',
    'rules/REQUEST-941-APPLICATION-ATTACK-XSS.conf',
    'rules/REQUEST-949-BLOCKING-EVALUATION.conf',
    'plugins/blog-rule-exclusions-after.conf',
    'rules/words.data',
  ]);
});
