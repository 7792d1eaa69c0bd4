/** Descriptions for the golden files, by name: what a user writes. */
export const situations: Readonly<Record<string, string>> = {
  // A router with the public address, a gateway in the dmz, an ERP in the lan that needs a database, and SFTP past the gateway.
  perimeter: `site: masociete
language: fr
zones:
  lan: { networks: [10.10.0.0/24, "fd00:10::/64"] }
  dmz: { networks: [10.20.0.0/24, "fd00:20::/64"] }
  data: { networks: [10.30.0.0/24] }
hosts:
  router:
    address: [203.0.113.1, 10.20.0.1, 10.10.0.1, 10.30.0.1, "2001:db8:113::1", "fd00:20::1", "fd00:10::1"]
    roles: [router]
    ssh: { user: debian }
  gateway: { address: [10.20.0.2, "fd00:20::2"], zone: dmz, roles: [gateway], ssh: { user: debian, via: router } }
  erp: { address: [10.10.0.15, "fd00:10::15"], zone: lan, ssh: { user: debian, via: router } }
  db: { address: 10.30.0.5, zone: data, ssh: { via: router }, firewall: { leave: [] } }
  names: { address: [10.10.0.53, "fd00:10::53"] }
admin: { from: [10.10.0.99, 192.0.2.9] }
flows:
  - { from: dmz, to: names, protocol: udp, ports: [53], why: noms de domaine }
  - { from: gateway, to: internet, ports: [80, 443], why: "mises à jour « Debian »" }
  - { from: lan, to: internet, ports: [80, 443], why: le web }
gateway: { public: [203.0.113.1, "2001:db8:113::1"], https-port: 8443, public-port: 443 }
services:
  open-prod: { host: erp, url: "http://10.10.0.15:8069", healthy: { path: / }, needs: [base] }
  intranet: { host: erp, url: "http://[fd00:10::15]:8070", healthy: { path: / } }
  base: { host: db, url: "tcp://10.30.0.5:5432" }
  depot: { host: erp, url: "tcp://10.10.0.15:22" }
publications:
  erp.masociete.fr: { service: open-prod, audience: everyone }
  intranet.masociete.fr: { service: intranet, audience: { from: [lan] } }
  sftp.masociete.fr: { service: depot, scenario: direct, port: 2222, audience: { from: [198.51.100.0/24, "2001:db8:51::/48", lan] } }
`,
  // One network, one machine that publishes, and Docker on it; the gateway forwards a port itself.
  house: `site: maison
zones:
  home: { networks: [192.168.1.0/24], outgoing: free }
hosts:
  box: { address: 192.168.1.2, roles: [gateway], ssh: {}, firewall: { leave: [docker0, br-*], confirm: 2m } }
  nas: { address: 192.168.1.3, ssh: {}, firewall: { reverse-path: loose } }
  printer: { address: 192.168.1.9, ssh: {}, firewall: false }
admin: { from: [home] }
services:
  jeedom: { url: "http://127.0.0.1:8080", healthy: { path: / } }
  files: { host: nas, url: "tcp://192.168.1.3:22" }
publications:
  maison.example.fr: { service: jeedom, audience: everyone }
  files.example.fr: { service: files, scenario: direct, port: 2222, audience: { from: [home, 198.51.100.7] } }
`,
  // A gateway at a provider's: no zone, nothing around it.
  alone: `site: nuage
hosts:
  vps: { address: [203.0.113.80, "2001:db8:80::1"], roles: [gateway], ssh: { port: 2200 }, firewall: { reverse-path: off } }
admin: { from: [everyone] }
flows:
  - { from: vps, to: everyone, protocol: udp, ports: [53, 123], why: "names and time" }
services:
  app: { url: "http://127.0.0.1:8080", healthy: { path: / } }
bans: { never: [192.0.2.0/24] }
publications:
  app.example.fr: { service: app, audience: everyone }
`,
};
