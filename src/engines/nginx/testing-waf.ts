import type { Waf } from '../../model/waf.ts';

/** A firewall as it is by default, for tests. */
export const waf = (more: Partial<Waf> = {}): Waf => ({
  mode: 'block',
  paranoia: 1,
  thresholds: { inbound: 5, outbound: 4 },
  requestBody: 128_000,
  applications: [],
  skip: [],
  exclusions: [],
  pointer: '/publications/erp.localhost/waf',
  ...more,
});

/** Rules in the form of CRS 4, by path: its folders, the names of its variables, its plugins. */
export const crsFour = {
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
