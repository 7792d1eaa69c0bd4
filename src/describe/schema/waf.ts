import { z } from 'zod';
import { size } from '../../lib/words.ts';
import { wafModes } from '../../model/waf.ts';
import { isPrefix, isRequestPath } from '../names.ts';
import { filename, text } from './words.ts';

const path = () =>
  z.string().refine((t) => isRequestPath(t) || isPrefix(t), { params: { code: 'value.path' } });
const score = () => z.int().min(1).max(1000);

const exclusion = z.strictObject({
  rule: z.int().min(1).max(9_999_999).describe('The id of the rule, as the report tells it.'),
  path: path().describe('Where: exactly this path, or all below when it ends with "/".'),
  target: z
    .string()
    .regex(
      /^(?:ARGS|ARGS_NAMES|REQUEST_COOKIES|REQUEST_COOKIES_NAMES|REQUEST_HEADERS|FILES):[^/\s"',|\\][^\s"',|\\]*$/,
      { error: 'value.target' },
    )
    .optional()
    .describe(
      'What of the request the rule does not read there, such as ARGS:q. Left out, the rule is off there.',
    ),
  why: text().describe('The reason, in a few words.'),
});

/** `waf:` of a publication. */
export const waf = z.strictObject({
  mode: z
    .enum(wafModes)
    .default('block')
    .describe('observe: what would be blocked is logged and goes through; block (the default).'),
  paranoia: z
    .union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)])
    .default(1)
    .describe('How much is looked for: 1 (the default) rarely mistakes honest requests, 4 often does.'),
  thresholds: z
    .strictObject({
      inbound: score().default(5).describe('Anomaly score from which a request is blocked; default 5.'),
      outbound: score().default(4).describe('Anomaly score from which an answer is blocked; default 4.'),
    })
    .prefault({})
    .describe('Anomaly scores from which something is blocked.'),
  'request-body': size()
    .default(128_000)
    .describe(
      'How much of a request’s body is looked at, without files that are sent; more is refused. Default 128KB.',
    ),
  'response-body': size()
    .optional()
    .describe('How much of an answer’s body is looked at; left out, none of it.'),
  applications: z
    .array(text())
    .default([])
    .describe('Applications whose ways the rules know, by the names that the CRS has, such as nextcloud.'),
  methods: z
    .array(z.string().regex(/^[A-Z]{1,30}$/))
    .default([])
    .describe(
      'Methods that the service knows beside GET, HEAD, POST and OPTIONS, such as PUT; others are refused.',
    ),
  skip: z
    .array(path())
    .default([])
    .describe('Paths that are not looked at: static files, health checks. All below when it ends with "/".'),
  exclusions: z
    .array(exclusion)
    .default([])
    .describe('What is not looked for, and where; poterne waf tune proposes the narrowest.'),
});
export type WafEntry = z.output<typeof waf>;

/** `waf:` of the site: the rules that the whole gateway has. */
export const wafRules = z.strictObject({
  rules: filename()
    .optional()
    .describe('Folder of an OWASP Core Rule Set that you brought; left out, Debian’s own.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .describe('SHA-256 of these rules, as poterne waf rules tells it: others are refused.'),
});
