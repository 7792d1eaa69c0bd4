// A partner's server: nobody gets in without a certificate of its authority. It tells which one it was shown.
// usage: node partenaire.mjs FOLDER, with partenaire.pem, partenaire.key and partenaire-root.pem in it
import { readFileSync } from 'node:fs';
import https from 'node:https';

const file = (name) => readFileSync(`${process.argv[2]}/${name}`);

https
  .createServer(
    {
      cert: file('partenaire.pem'),
      key: file('partenaire.key'),
      ca: file('partenaire-root.pem'),
      requestCert: true,
      rejectUnauthorized: true,
    },
    ({ socket, url }, answer) => {
      const { subject, serialNumber } = socket.getPeerCertificate();
      answer.end(
        JSON.stringify({ url, client: subject.CN, serial: serialNumber, tls: socket.getProtocol() }),
      );
    },
  )
  .listen(443, '203.0.113.80');
