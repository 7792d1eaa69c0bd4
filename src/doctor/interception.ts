import type { Certificate } from './certificate.ts';
import { type Diagnosis, diagnosis } from './diagnosis.ts';

/** Products that open TLS on the way and sign with an authority of their own, by how they call it. */
const products: readonly (readonly [RegExp, string])[] = [
  [/fortinet|fortigate/i, 'Fortinet FortiGate'],
  [/zscaler/i, 'Zscaler'],
  [/netskope/i, 'Netskope'],
  [/palo alto|globalprotect/i, 'Palo Alto Networks'],
  [/blue ?coat|proxysg/i, 'Symantec ProxySG (Blue Coat)'],
  [/cisco umbrella|opendns/i, 'Cisco Umbrella'],
  [/sophos|astaro/i, 'Sophos'],
  [/check ?point/i, 'Check Point'],
  [/forcepoint|websense/i, 'Forcepoint'],
  [/stormshield|netasq/i, 'Stormshield'],
  [/olfeo/i, 'Olfeo'],
  [/watchguard|fireware/i, 'WatchGuard'],
  [/sonicwall/i, 'SonicWall'],
  [/barracuda/i, 'Barracuda'],
  [/mcafee|skyhigh|trellix/i, 'Skyhigh (McAfee) Web Gateway'],
  [/sangfor/i, 'Sangfor'],
  [/untangle|arista edge threat/i, 'Untangle'],
  [/ucopia|weblib/i, 'Ucopia'],
  [/kaspersky/i, 'Kaspersky'],
  [/\beset\b/i, 'ESET'],
  [/avast|\bavg\b/i, 'Avast / AVG'],
  [/bitdefender/i, 'Bitdefender'],
  [/dr\.?web/i, 'Dr.Web'],
  [/adguard/i, 'AdGuard'],
  [/lightspeed|securly|contentkeeper|smoothwall/i, 'a school filter'],
  [/squid|sslbump|ssl-?bump/i, 'Squid (SSL bump)'],
  [/mitmproxy/i, 'mitmproxy'],
  [/portswigger/i, 'Burp Suite'],
  [/do_not_trust_fiddler|fiddler/i, 'Fiddler'],
  [/charles proxy/i, 'Charles Proxy'],
];

/**
 * Whether somebody on the way seems to have opened the connection: the chain ends at an authority that is none of those
 * expected, and it is called like such a product's.
 */
export function judgeInterception(path: readonly Certificate[], isTrusted: boolean): readonly Diagnosis[] {
  const last = path.at(-1);
  if (!last) return [];
  const signers = [...path.slice(1).map(({ subject }) => subject), last.issuer];
  for (const [pattern, product] of products) {
    const issuer = signers.find((name) => pattern.test(name));
    if (issuer === undefined) continue;
    // Whoever administers this machine may have had it trust the product: it is on the way all the same.
    return [diagnosis(isTrusted ? 'warning' : 'error', 'cert.tls.intercepted', { issuer, product })];
  }
  return [];
}

/** Whether the served certificate is the one that is expected, by the SHA-256 of certificate or public key. */
export function judgePin(path: readonly Certificate[], pins: readonly string[]): readonly Diagnosis[] {
  if (pins.length === 0 || path.some((each) => pins.some((pin) => matchesPin(each, pin)))) return [];
  const [leaf] = path;
  return [
    diagnosis('error', 'cert.tls.pin', {
      pins: pins.join(', '),
      sha256: leaf?.sha256 ?? '—',
      issuer: leaf?.issuer ?? '—',
    }),
  ];
}

function matchesPin({ sha256, keySha256 }: Certificate, pin: string): boolean {
  const plain = pin.replace(/^sha256[:/]+/i, '');
  if (plain.replaceAll(':', '').toLowerCase() === sha256) return true;
  // One in 64 begins with a slash itself.
  return ['', 'sha256/', 'sha256//', 'sha256:'].some((prefix) => pin === prefix + keySha256);
}
