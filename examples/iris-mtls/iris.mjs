// What stands for InterSystems IRIS: web endpoints on 52773 that tell who the gateway says is calling, and one that calls the
// partner through the gateway as %Net.HttpRequest would: plain http, a server, a port, a path, no SSL configuration.
import http from 'node:http';

const gateway = { host: '10.60.0.1', port: 8180 };

const pages = {
  '/csp/sante': (_, answer) => answer.end('sante'),
  '/csp/donnees': ({ headers }, answer) =>
    answer.end(
      JSON.stringify({ identity: headers['x-client-identity'], verified: headers['x-client-verified'] }),
    ),
  '/csp/appel': (_, answer) =>
    http
      .get({ ...gateway, path: '/api/endpoint', agent: false }, (reply) => {
        answer.writeHead(reply.statusCode, reply.headers);
        reply.pipe(answer);
      })
      .on('error', (error) => answer.writeHead(599).end(error.message)),
};

http
  .createServer((request, answer) => {
    const page = pages[request.url.split('?')[0]];
    if (page) page(request, answer);
    else answer.writeHead(404).end();
  })
  .listen(52773, '10.60.0.20');
