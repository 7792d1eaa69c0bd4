import { z } from 'zod';
import { scenarios } from '../../model/site.ts';
import { isPrefix, isRequestPath, parseUrl } from '../names.ts';
import { audience } from './audience.ts';
import { publishedTls } from './published-tls.ts';
import { waf } from './waf.ts';
import { address, filename, host, port, text } from './words.ts';

/** What listens inside, and what becomes visible of it. */

const requestPath = () => z.string().refine(isRequestPath, { params: { code: 'value.path' } });
const prefix = () => z.string().refine(isPrefix, { params: { code: 'value.path.prefix' } });
const email = () =>
  z.string().refine((t) => /^[^\s\p{Cc}@<>]+@[^\s\p{Cc}@<>]+$/u.test(t), { params: { code: 'value.email' } });
const url = () =>
  z.string().transform((written, context) => {
    const parsed = parseUrl(written);
    if ('scheme' in parsed) return parsed;
    context.addIssue({
      code: 'custom',
      params: { code: 'value.url', hint: parsed.hint.code },
      input: written,
    });
    return z.NEVER;
  });

export const service = {
  title: text().optional().describe('How people call it; default: its name.'),
  host: text().optional().describe('The host it runs on, by name.'),
  owner: z
    .strictObject({
      name: text().describe('Person or team that answers for the service.'),
      email: email().optional().describe('Where to write to them.'),
    })
    .optional()
    .describe('Who answers for it.'),
  url: url()
    .optional()
    .describe(
      'Where it listens: http://…, https://…, tcp://address:port or unix:/path/to.sock, without a path of requests.',
    ),
  upstreams: z
    .array(
      z.strictObject({
        url: url().describe('Where it listens: http://…, https://… or unix:/path/to.sock.'),
        weight: z
          .number()
          .int()
          .min(1)
          .max(1000)
          .default(1)
          .describe('Its share of the requests, against the others’.'),
        backup: z.boolean().default(false).describe('Used only when every other one is out.'),
      }),
    )
    .min(1)
    .optional()
    .describe('Where it listens, when in several places; instead of url.'),
  trust: z
    .strictObject({
      ca: filename().describe('PEM file of the CA that signs the service’s certificate.'),
      name: host().describe('The name that certificate must hold.'),
    })
    .optional()
    .describe('For https upstreams: which certificate to accept.'),
  healthy: z
    .strictObject({
      path: requestPath().describe('Path to ask the service for, as the service sees it.'),
      status: z.number().int().min(200).max(599).default(200).describe('Status that must come back.'),
      contains: z.string().min(1).optional().describe('Text that must be in the answer.'),
    })
    .optional()
    .describe('How one knows that it works.'),
  events: z
    .array(prefix())
    .default([])
    .describe('Path prefixes where server-sent events flow: never buffered, and proved.'),
  websocket: z
    .strictObject({
      path: requestPath().describe('Path where a WebSocket opens, as the service sees it.'),
      send: z.string().min(1).describe('Message to send.'),
      contains: z.string().min(1).describe('Text that must be in a message that comes back.'),
    })
    .optional()
    .describe('A WebSocket to prove; they pass everywhere.'),
  needs: z.array(text()).default([]).describe('Other services that it connects to, by name.'),
};

export const route = {
  service: text().describe('The service that answers there, by name.'),
  'keep-path': z.boolean().optional().describe('The service sees the whole path (the default).'),
  'strip-path': z.boolean().optional().describe('The service sees the path without the prefix.'),
  'tls-configuration': text()
    .optional()
    .describe('The TLS configuration that says which client certificates are asked for here.'),
};

export const publication = {
  service: text().optional().describe('The service that answers under this name; or use routes.'),
  scenario: z
    .enum(scenarios)
    .default('proxy')
    .describe(
      'How visitors reach the service: proxy (the default), proxy+waf: with a web application firewall, or direct: TLS is passed through to it, or a port forwarded.',
    ),
  port: port()
    .optional()
    .describe(
      'For scenario direct: a port of its own that is forwarded to the service. Left out, TLS told apart by name.',
    ),
  dns: z
    .record(z.string(), z.array(address()).min(1))
    .optional()
    .describe('What the name must resolve to, by the zone (or internet) where one asks.'),
  tls: publishedTls,
  'tls-configuration': text()
    .optional()
    .describe('The TLS configuration that says which client certificates are asked for under this name.'),
  waf: waf.optional().describe('For scenario proxy+waf: how its web application firewall treats requests.'),
  audience,
  'signed-identity': z
    .boolean()
    .optional()
    .describe('The service is also told who signed in as a signed token (JWT), which it can check.'),
  example: text()
    .optional()
    .describe('For a wildcard or a regular expression: a name it matches, for proofs.'),
};
