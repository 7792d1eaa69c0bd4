/** Messages of the ACME client: code → text; `{name}` stands for a value. */
export const acme = {
  'acme.key': 'the ACME account key {file} is not an ECDSA P-256 key',
  'acme.key.next': 'put it back from a backup, or move it away: a new account is made then',
  'acme.trust': 'the file {file} of what the ACME authority is verified with cannot be read: {reason}',
  'acme.trust.next': 'correct the path of "trust" or its rights',
  'acme.unreachable': 'the authority {ca} cannot be reached: {reason}',
  'acme.unreachable.next':
    'see whether this machine may reach it by HTTPS and resolves its name; it is tried again, and the certificate in place serves until then',
  'acme.untrusted': 'the authority {ca} has an HTTPS certificate that is not trusted here: {reason}',
  'acme.untrusted.next':
    'nothing was asked; for an authority of your own, name its root in "trust"; otherwise see whether something intercepts TLS on the way, and whether the clock is right',
  'acme.protocol': '{url} does not answer as an ACME authority does: HTTP {status} {body}',
  'acme.protocol.next':
    'correct "directory": it is the URL of the directory itself, e.g. https://acme-v02.api.letsencrypt.org/directory',
  'acme.agreement': 'the authority {ca} has terms of service that nobody agreed to: {url}',
  'acme.agreement.next': 'read them, and write "terms: agreed" in "acme"',
  'acme.action': 'the authority {ca} wants its account’s owner to do something first: {saw}',
  'acme.action.next': 'do what it says, often to agree to new terms, then "poterne cert renew"',
  'acme.contact': 'the authority {ca} does not take the account’s contact: {saw}',
  'acme.contact.next':
    'give an address in "email" that exists and can be written to, without quotes or comments',
  'acme.eab.missing': 'the authority {ca} takes only accounts that it knows already: {saw}',
  'acme.eab.missing.next': 'get a key identifier and a MAC key from it, and describe them in "eab"',
  'acme.eab.form': '{file} does not hold a MAC key in base64url',
  'acme.eab.form.next': 'copy the key as the authority shows it, on one line',
  'acme.eab.refused': 'the authority {ca} does not take the key of the account {id}: {saw}',
  'acme.eab.refused.next':
    'compare both with what it gave you; such a key can often be used once only: ask for another',
  'acme.account.gone': 'the authority {ca} does not know our account: {saw}',
  'acme.account.gone.next': 'it was registered anew in vain: ask the authority',
  'acme.forbidden': 'the authority {ca} does not let our account do this: {saw}',
  'acme.forbidden.next': 'ask it what this account may have',
  'acme.nonce': 'the authority {ca} refuses every nonce that it gives: {saw}',
  'acme.nonce.next':
    'several servers that do not know of one another probably answer there: tell whoever runs it',
  'acme.limited': 'the authority {ca} takes no more of this for now: {saw} (not before: {until})',
  'acme.limited.next':
    'nothing is asked before then; the certificate in place serves. Fewer names apart, or more in one certificate, use up less',
  'acme.wait': 'it is not time to ask {ca} again before {until}: the last attempt failed with {code}',
  'acme.wait.next':
    'mend what failed; "poterne cert renew" asks at once, unless the authority itself said when',
  'acme.rejected': 'the authority {ca} does not certify {names}: {saw}',
  'acme.rejected.next':
    'use a name that it may certify, a public one for a public authority, or another authority',
  'acme.caa': 'a CAA record forbids {ca} to certify {names}: {saw}',
  'acme.caa.next':
    'add to the zone a CAA record "issue" (or "issuewild") with the authority’s name, or remove the one that forbids',
  'acme.profile': 'the authority {ca} does not offer the profile: {saw}',
  'acme.profile.next': 'write one that it offers, or leave "profile" out',
  'acme.csr': 'the authority {ca} does not take the certificate’s key or request for {names}: {saw}',
  'acme.csr.next': 'choose another kind of key',
  'acme.order': 'the authority {ca} says that the order is not ready: {saw}',
  'acme.order.next': 'it is tried again later',
  'acme.replaced': 'the authority {ca} says that the certificate was replaced already: {saw}',
  'acme.replaced.next': 'it is ordered without saying so',
  'acme.busy': 'the authority {ca} cannot do it now: {saw}',
  'acme.busy.next': 'it is tried again later; its status page may say more',
  'acme.refused': 'the authority {ca} refuses: {saw}',
  'acme.refused.next': 'do what it says',
  'acme.slow': 'the authority {ca} has not ended the {doing} in ten minutes',
  'acme.slow.next': 'nothing is lost: the same order is gone on with at the next attempt',
  'acme.challenge': 'the authority does not take {wanted} for {name}, but {offered}',
  'acme.challenge.next': 'a wildcard needs "challenge: dns"; otherwise choose one of those that it takes',
  'acme.connection': 'the authority {ca} could not connect to port 80 for {names}; it saw: {saw}',
  'acme.connection.next':
    'see that the names’ addresses (A and AAAA) are the gateway’s, and that port 80 is open to the whole internet: front router, operator, firewall',
  'acme.answer': 'the authority {ca} found another answer than ours on port 80 for {names}; it saw: {saw}',
  'acme.answer.next':
    'something else answers there: an older server, a box’s own page, or the other address (IPv6) of the name',
  'acme.unresolved': 'the authority {ca} did not find the address of {names}; it saw: {saw}',
  'acme.unresolved.next':
    'create the A (and AAAA) records, and see that the zone answers from the internet, DNSSEC included',
  'acme.record': 'the authority {ca} did not find our TXT record for {names}; it saw: {saw}',
  'acme.record.next':
    'see that all servers of the zone answer from the internet with the same records, and that nothing old stays at _acme-challenge',
  'acme.validation': 'the authority {ca} did not take the proof for {names}; it saw: {saw}',
  'acme.validation.next': 'mend what it saw, then "poterne cert renew --dry-run"',
  'acme.self': 'our own gateway at {at} does not answer the challenge for {name}: {seen}',
  'acme.self.next':
    'no proof was tried, so no limit suffers; see "poterne status", and whether the gateway serves the name on port 80',
  'acme.certificate': 'the certificate that {ca} issued for {names} is not what was asked for: {reason}',
  'acme.certificate.next': 'it is not used; tell the authority',
  'acme.broken': 'something else failed while {ca} was asked: {reason}',
  'acme.broken.next': 'it is tried again later; if it stays, report it',
  'acme.tell.account': 'registering an account at {ca}',
  'acme.tell.order': 'ordering {names} from {ca}',
  'acme.tell.resumed': 'going on with the order of {names} at {ca}',
  'acme.tell.proof': 'showing that {name} is ours',
  'acme.tell.validation': '{ca} looks at the proofs',
  'acme.tell.issue': 'asking for the certificate of {names}',
  'acme.tell.obtained': '{names}: certificate obtained, valid until {until}',
  'acme.tell.chain': 'no chain leads to "{issuer}", but to: {offered}; the authority’s own choice is taken',
  'acme.tell.untidy': 'the proof of {name} could not be taken away: {reason}',
  'acme.zone': 'the zone that {name} is in cannot be found: {reason}',
  'acme.zone.next':
    'see that this machine’s resolver answers, and that the zone has SOA and NS records and its servers addresses',
  'acme.alias': 'the aliases (CNAME) of {name} lead nowhere',
  'acme.alias.next': 'correct the CNAME: it leads to a name in a zone that can be updated',
  'acme.unseen': 'not every server of the zone shows the TXT record {name} after {seconds} s: {seen}',
  'acme.unseen.next':
    'see that changes reach the zone’s secondaries (NOTIFY, IXFR) and that this machine may ask them; no proof was tried, so no limit suffers',
  'acme.update.form': '{file} does not hold a TSIG key in base64',
  'acme.update.form.next': 'copy what stands in "secret" of the server’s key, without quotes, on one line',
  'acme.update.unreachable': 'the DNS server {server} does not take the update: {reason}',
  'acme.update.unreachable.next': 'see whether it runs and this machine may reach its TCP port',
  'acme.update.key': 'the DNS server {server} and we do not have the same key {key}: {reason}',
  'acme.update.key.next':
    'compare name, algorithm and secret with the server’s (BADKEY: it knows no such name; BADSIG: another secret)',
  'acme.update.time':
    'the clocks of the DNS server {server} and of this machine differ by more than five minutes ({reason})',
  'acme.update.time.next': 'set both by NTP',
  'acme.update.refused':
    'the DNS server {server} does not let the key {key} change {name} in the zone {zone}: {reason}',
  'acme.update.refused.next':
    'let the key update TXT records of that name (BIND: update-policy; Knot: acl; PowerDNS: TSIG-ALLOW-DNSUPDATE, which also refuses an unknown key, another secret and a wrong clock in this way); NOTAUTH: it does not hold that zone',
  'acme.hook.missing': 'the program {program} cannot be run: {reason}',
  'acme.hook.missing.next': 'correct its path, or make it executable for the account that runs Poterne',
  'acme.hook.failed': '{program} {action} ended with {status}: {reason}',
  'acme.hook.failed.next': 'run it by hand with the same arguments and a value; it must end with 0',
  'acme.hook.slow': '{program} {action} took more than {seconds} s and was ended: {reason}',
  'acme.hook.slow.next':
    'see what it waits for, or give it a longer "timeout"; Poterne itself waits until the record is seen',
  'acme.preflight.unresolved': '{name} has no address: {reason}',
  'acme.preflight.unresolved.next':
    'create its A (and AAAA) record with the gateway’s public address; known here: {ours}',
  'acme.preflight.elsewhere':
    '{name} leads to {address}, where our gateway does not answer ({seen}); ours: {ours}',
  'acme.preflight.elsewhere.next':
    'correct the A or AAAA record, or remove an AAAA that leads nowhere: authorities prefer IPv6',
  'acme.preflight.port': '{name} leads to us at {address}, but port {port} cannot be reached: {seen}',
  'acme.preflight.port.next':
    'open it to the whole internet and lead it to the gateway; HTTP-01 knows no other port',
  'acme.preflight.answer':
    '{name} leads to us at {address}, but something else answers on port {port}: {seen}',
  'acme.preflight.answer.next':
    'see what has the port: another web server, or the box’s own page; or "poterne apply" first',
  'acme.preflight.unproved':
    '{name} leads to {address}, where our gateway does not answer from here ({seen}); which public address is ours is not known',
  'acme.preflight.unproved.next':
    'that is usual behind a router that does not lead its own address back; see from outside that port {port} reaches the gateway, and describe its public addresses',
  'acme.preflight.caa': 'the CAA records of {at} do not let {ca} certify {name}: {records}',
  'acme.preflight.caa.next': 'add there: CAA 0 issue "{identity}" (issuewild for a wildcard)',
  'acme.preflight.caa.unanswered': 'the zone of {name} does not answer about CAA records: {reason}',
  'acme.preflight.caa.unanswered.next': 'authorities refuse then: mend the zone’s servers, or its DNSSEC',
  'acme.preflight.clock': 'the clock of this machine differs by {direction}{seconds} s from that of {ca}',
  'acme.preflight.clock.next': 'set it by NTP: timedatectl set-ntp true',
} as const;
