/** The YAML of a site with so many publications, each with a service and a few settings of its own. */
export function manyPublications(
  count: number,
  gateway = 'gateway: {}',
  upstream = 'http://10.0.0.15:8069',
): string {
  const each = (line: (n: number) => string) => Array.from({ length: count }, (_, n) => line(n)).join('\n');
  return `site: many
${gateway}
services:
${each(
  (n) => `  app${n}:
    url: ${upstream}
    owner: { name: DSI }
    healthy: { path: /login, status: 200, contains: "Application ${n}" }`,
)}
publications:
${each(
  (n) => `  app${n}.example.fr:
    audience: everyone
    limits: { requests: 20/s, burst: 40 }
    routes:
      /: { service: app${n} }
      /files/: { service: app${n}, uploads: 2GB }`,
)}
`;
}
