import { canaryRules } from './canary.ts';
import { enoughDefault } from './enough.ts';
import { type Action, secAction, secDefaultAction, secRule } from './seclang.ts';

/** The log of the firewall, below the engine's prefix. */
export const wafLog = 'log/waf.log';

/** Statuses that no client sees: a page of its own answers in the place of each. */
export const blockedStatus = '481';
export const oversizedStatus = '482';

/** What of a transaction stands in the log: the request line and what matched, no headers and no bodies. */
const logParts = 'AHZ';

/** As many parameters as a request may have. */
const mostParameters = 1000;

/** Has a body of which ModSecurity knows no parser be read as a form, as the CRS's `enforce_bodyproc_urlencoded` does. */
const unreadBodies = (id: number): Action[] => [
  ...[`id:${id}`, 'phase:1', 't:none', 't:lowercase', 'pass', 'nolog', 'ctl:requestBodyProcessor=URLENCODED'],
];

/**
 * What stands before the rules, as in ModSecurity's own recommended configuration (`modsecurity.conf-recommended`), whose ids these are, and
 * in the CRS's `crs-setup.conf`.
 */
export const baseRules = (log: string): string[] => [
  'SecRuleEngine On',
  'SecRequestBodyAccess On',
  // nginx has judged a body's size before (client_max_body_size).
  `SecRequestBodyLimit ${2 ** 31 - 1}`,
  'SecRequestBodyLimitAction Reject',
  'SecRequestBodyJsonDepthLimit 512',
  `SecArgumentsLimit ${mostParameters}`,
  'SecResponseBodyAccess Off',
  'SecResponseBodyMimeType text/plain text/html text/xml application/json',
  'SecResponseBodyLimitAction ProcessPartial',
  'SecPcreMatchLimit 100000',
  'SecPcreMatchLimitRecursion 100000',
  'SecArgumentSeparator &',
  'SecCookieFormat 0',
  'SecAuditEngine RelevantOnly',
  `SecAuditLogParts ${logParts}`,
  'SecAuditLogFormat JSON',
  'SecAuditLogType Serial',
  `SecAuditLog ${log}`,
  ...[1, 2, 3, 4].map((phase) =>
    secDefaultAction([`phase:${phase}`, 'log', 'auditlog', 'pass', `status:${blockedStatus}`]),
  ),
  secRule('REQUEST_HEADERS:Content-Type', '^(?:application(?:/soap\\+|/)|text/)xml', [
    ...['id:200000', 'phase:1', 't:none', 't:lowercase', 'pass', 'nolog', 'ctl:requestBodyProcessor=XML'],
  ]),
  secRule('REQUEST_HEADERS:Content-Type', '^application/(?:[a-z0-9.-]+[+])?json', [
    ...['id:200001', 'phase:1', 't:none', 't:lowercase', 'pass', 'nolog', 'ctl:requestBodyProcessor=JSON'],
  ]),
  // Else nobody would read these, and services guess: a form as a text, JSON without a type, parts of another kind than form-data.
  secRule('&REQUEST_HEADERS:Content-Type', '@eq 0', unreadBodies(200010)),
  secRule('REQUEST_HEADERS:Content-Type', '^(?:text/plain|multipart/(?!form-data))', unreadBodies(200011)),
  secRule('&ARGS', `@ge ${mostParameters}`, [
    ...['id:200007', 'phase:2', 't:none', 'log', 'deny', 'severity:2'],
    ['msg', 'Too many parameters'],
  ]),
  // Before the other one: what is too large is no attack.
  secRule('INBOUND_DATA_ERROR', '@eq 1', [
    ...['id:200008', 'phase:2', 't:none', 'log', 'deny', `status:${oversizedStatus}`, 'severity:4'],
    ['msg', 'The body is larger than what is looked at'],
  ]),
  secRule('REQBODY_ERROR', '!@eq 0', [
    ...['id:200002', 'phase:2', 't:none', 'log', 'deny', 'severity:2'],
    ['msg', 'Failed to parse request body'],
  ]),
  secRule('MULTIPART_STRICT_ERROR', '!@eq 0', [
    ...['id:200003', 'phase:2', 't:none', 'log', 'deny', 'severity:2'],
    ['msg', 'Multipart request body failed strict validation'],
  ]),
  secRule('MULTIPART_UNMATCHED_BOUNDARY', '@eq 1', [
    ...['id:200004', 'phase:2', 't:none', 'log', 'deny', 'severity:2'],
    ['msg', 'Multipart parser detected a possible unmatched boundary'],
  ]),
  secRule('TX:/^MSC_/', '!@streq 0', [
    ...['id:200005', 'phase:2', 't:none', 'log', 'deny', 'severity:2'],
    ['msg', 'ModSecurity internal error flagged'],
  ]),
  // No request has a fragment (RFC 9112, 3.2). The rules see nothing of it, services may read a query in it. CRS 4 has this rule as 920610.
  // Whoever is refused in phase 1 stands in the log at once, and again when the page is served.
  secRule('REQUEST_URI_RAW', '@contains #', [
    ...['id:200012', 'phase:2', 't:none', 'log', 'auditlog', 'deny', 'severity:2'],
    ['msg', 'A fragment in what is asked for'],
  ]),
  // The CRS refuses to work without.
  secAction(['id:900990', 'phase:1', 'nolog', 'pass', 't:none', 'setvar:tx.crs_setup_version=400']),
  enoughDefault,
  ...canaryRules,
];
