/** Messages of the certificate doctor: code → text; `{name}` stands for a value. `CODE.next` says what to do. */
export const doctor = {
  'cert.form.empty': 'the file is empty',
  'cert.form.empty.next': 'write the certificate or the key into it again, in PEM',
  'cert.form.der': 'this is DER, the binary form; servers read PEM',
  'cert.form.der.next': 'convert it: openssl x509 -inform DER -in FILE -out FILE.pem',
  'cert.form.der-key': 'this is a private key in DER, the binary form; servers read PEM',
  'cert.form.der-key.next': 'convert it: openssl pkey -inform DER -in FILE -out FILE.key',
  'cert.form.pkcs12': 'this is PKCS#12 (.p12, .pfx): certificate and key in one sealed file',
  'cert.form.pkcs12.next':
    'take the certificates out: openssl pkcs12 -in FILE -nokeys -out FILE.pem; and the key: openssl pkcs12 -in FILE -nocerts -out FILE.key',
  'cert.form.pkcs7': 'this is PKCS#7 (.p7b): certificates in one envelope',
  'cert.form.pkcs7.next': 'take them out: openssl pkcs7 -inform DER -in FILE -print_certs -out FILE.pem',
  'cert.form.jks': 'this is a Java key store (JKS)',
  'cert.form.jks.next':
    'convert it: keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12, then take out what is in it with openssl pkcs12',
  'cert.form.utf16': 'the text is UTF-16, as Notepad writes "Unicode"; OpenSSL reads no PEM in it',
  'cert.form.utf16.next': 'convert it: iconv -f UTF-16 -t ASCII FILE > FILE.pem',
  'cert.form.unknown': 'this is binary, and neither a certificate nor a key',
  'cert.form.unknown.next': 'see where it comes from: openssl asn1parse -inform DER -in FILE',
  'cert.pem.none': 'nothing in this text begins a PEM block ("-----BEGIN CERTIFICATE-----")',
  'cert.pem.none.next': 'take the right file, with its BEGIN and END lines',
  'cert.pem.bom':
    'an invisible byte order mark stands before the text; OpenSSL takes it, many other programs do not',
  'cert.pem.bom.next': "remove it: sed -i '1s/^\\xEF\\xBB\\xBF//' FILE",
  'cert.pem.crlf': 'lines end as on Windows (CRLF); OpenSSL takes it, some other programs do not',
  'cert.pem.crlf.next': "convert it: sed -i 's/\\r$//' FILE",
  'cert.pem.text':
    'text stands before the first BEGIN, in line {line}; OpenSSL passes over it, some other programs do not',
  'cert.pem.text.next': 'leave it, or remove what stands before line {line}',
  'cert.pem.escaped': 'line {line}: the line breaks are written as the two characters \\n',
  'cert.pem.escaped.next': 'turn them into line breaks: printf \'%b\' "$(cat FILE)" > FILE.pem',
  'cert.pem.end': 'the block {label} that begins in line {line} has no END before line {next}',
  'cert.pem.end.next':
    'the file was cut short, or two were glued: copy it again, with "-----END {label}-----" on a line of its own',
  'cert.pem.begin': 'line {line} ends a block {label} that nothing begins',
  'cert.pem.begin.next': 'copy the file again, with "-----BEGIN {label}-----" on a line of its own',
  'cert.pem.label': 'line {line} ends {label}, but {begun} was begun',
  'cert.pem.label.next': 'copy the file again: parts of two files are mixed',
  'cert.pem.line': 'line {line} is no BEGIN or END line as it must be: "{text}"',
  'cert.pem.line.next':
    'five dashes on both sides, nothing before and nothing after: "-----BEGIN CERTIFICATE-----"',
  'cert.pem.base64': 'line {line}, column {column}: "{text}" is not base64',
  'cert.pem.base64.next': 'copy the file again from where it was issued: something changed it on the way',
  'cert.pem.content': 'the block in line {line} is base64, and not a certificate',
  'cert.pem.content.next':
    'copy the file again from where it was issued: it is cut short, or was changed on the way',
  'cert.none': 'there is no certificate in it; it holds: {held}',
  'cert.none.next':
    'name the file with "-----BEGIN CERTIFICATE-----"; a request (CSR) is what the authority makes one of',
  'cert.future': '{subject} is not valid before {since}; here it is {now}',
  'cert.future.next': 'wait until then, or see whether the clock of this machine is right: timedatectl',
  'cert.expired': '{subject} expired at {until}, {days} {days|day|days} ago',
  'cert.expired.next': 'renew it, and have whatever shows it read the new one',
  'cert.soon': '{subject} expires in {days} {days|day|days}, at {until}',
  'cert.soon.next': 'renew it now; see why nothing renewed it',
  'cert.purpose.client':
    '{subject} is not for clients: its extended key usage is {usages}, without {wanted} ({long})',
  'cert.purpose.client.next': 'have it issued again with extendedKeyUsage = clientAuth',
  'cert.purpose.server':
    '{subject} is not for servers: its extended key usage is {usages}, without {wanted} ({long})',
  'cert.purpose.server.next': 'have it issued again with extendedKeyUsage = serverAuth',
  'cert.usage': 'the key usage of {subject} allows no handshake: {usages}',
  'cert.usage.next': 'have it issued again with keyUsage = digitalSignature',
  'cert.usage.signature':
    'the key usage of {subject} ({usages}) has no digitalSignature: TLS 1.3 cannot use it',
  'cert.usage.signature.next': 'have it issued again with keyUsage = digitalSignature',
  'cert.usage.rsa':
    'the key usage of {subject} ({usages}) has no digitalSignature: only RSA key exchange, without forward secrecy, can use it',
  'cert.usage.rsa.next': 'have it issued again with keyUsage = digitalSignature, keyEncipherment',
  'cert.leaf.ca':
    '{subject} is the certificate of an authority (CA:TRUE), and stands where one of a server or client belongs',
  'cert.leaf.ca.next':
    'have one issued with basicConstraints = CA:FALSE; whoever has the key of this one can issue any',
  'cert.critical': '{subject} has a critical extension that nobody here knows, {oid}: it must be refused',
  'cert.critical.next': 'have it issued again without it, or not critical',
  'cert.key.weak': 'the key of {subject} is too weak: {key}',
  'cert.key.weak.next':
    'make a new key, EC prime256v1 or RSA 2048 at least, and have a certificate issued for it',
  'cert.key.curve': 'the key of {subject} is on the curve {curve}, which many programs do not have',
  'cert.key.curve.next': 'take prime256v1 (P-256) or secp384r1 (P-384)',
  'cert.signature.weak': 'the signature on {subject} is too weak: {signature}',
  'cert.signature.weak.next': 'have it issued again, signed with SHA-256',
  'cert.self-signed': '{subject} is signed by itself: nobody vouches for it',
  'cert.self-signed.next':
    'have one issued by an authority that the other side trusts; or give it this very certificate to trust',
  'cert.chain.incomplete':
    'the chain is incomplete: there is no certificate of {issuer}, which signed {subject} (key identifier {key})',
  'cert.chain.incomplete.next':
    'if it is a root that you trust, name its file: --ca FILE; if it is an intermediate, append its certificate after {subject}; published at: {url} (--fetch asks there)',
  'cert.chain.untrusted': 'the chain ends at {root}, which is not trusted here',
  'cert.chain.untrusted.next':
    'name that root with --ca if you trust it; otherwise the certificate is from another authority than expected',
  'cert.chain.signature': 'an authority called {issuer} is there, but its key did not sign {subject}',
  'cert.chain.signature.next':
    'the authority was made again with another key under its old name, or somebody else took its name: get the certificate that goes with {subject}',
  'cert.chain.key': 'an authority called {issuer} is there, but {subject} was signed with another key of it',
  'cert.chain.key.next': 'get the certificate of {issuer} with the key identifier that {subject} names',
  'cert.chain.fetched':
    'the chain is incomplete: {issuer}, which signed {subject}, is not sent; it was fetched from {url}',
  'cert.chain.fetched.next': 'append its certificate after that of {subject}: cert chain --fetch prints it',
  'cert.fetch.failed': 'what is published at {url} could not be fetched: {reason}',
  'cert.fetch.failed.next':
    'see whether this machine may reach it (http, port 80 as a rule); other programs may have to as well',
  'cert.fetch.private': 'what is published at {url} was not fetched: {address} is no address of the internet',
  'cert.fetch.private.next': 'allow it if you trust whoever made the certificate: --fetch-private',
  'cert.fetch.other': 'what is published at {url} is not the certificate of {issuer} that signed',
  'cert.fetch.other.next': 'get it from the authority; its certificates point to the wrong place',
  'cert.revoked': '{subject} is revoked since {since}, for {reason}, says {source}',
  'cert.revoked.next': 'have a new one issued, with a new key; find out why it was revoked',
  'cert.crl.expired':
    'the CRL of {issuer} ({source}) was to be replaced by {until}: programs that look at it refuse every certificate',
  'cert.crl.expired.next': 'have the authority publish a new one, and see why it does not',
  'cert.crl.signature': 'the CRL of {issuer} ({source}) was not signed with its key',
  'cert.crl.signature.next':
    'get the list from the authority again: it is another’s of the same name, or was changed',
  'cert.crl.form': '{source} holds no CRL',
  'cert.crl.form.next': 'name a list of revoked certificates ("-----BEGIN X509 CRL-----")',
  'cert.ocsp.unusable': 'the OCSP answer for {subject} ({source}) says nothing: {reason}',
  'cert.ocsp.unusable.next': 'see the responder; programs that insist on an answer refuse the certificate',
  'cert.ocsp.signature':
    'the OCSP answer for {subject} ({source}) was not signed by its authority, nor by a responder of it',
  'cert.ocsp.signature.next': 'see who answers there; nobody will believe it',
  'cert.ocsp.stale': 'the OCSP answer for {subject} ({source}) is out of date',
  'cert.ocsp.stale.next':
    'have the server fetch a new one (nginx: ssl_stapling, with a resolver), or see the clock here',
  'cert.ocsp.unknown': 'the authority’s OCSP responder ({source}) does not know {subject}',
  'cert.ocsp.unknown.next': 'ask the authority: it did not issue it, or has forgotten it',
  'cert.issuer.not-ca': '{subject} signed another certificate, and is no authority (CA:FALSE)',
  'cert.issuer.not-ca.next':
    'have an authority sign it; a certificate of a server or client may sign nothing',
  'cert.issuer.usage': 'the authority {subject} may not sign certificates: its key usage is {usages}',
  'cert.issuer.usage.next': 'the certificate of the authority must have keyUsage = keyCertSign',
  'cert.issuer.length':
    'the authority {subject} allows {length} {length|intermediate|intermediates} below it, and there {below|is|are} {below}',
  'cert.issuer.length.next': 'issue from a higher authority, or make this one again with a longer path',
  'cert.issuer.expired': 'the authority {subject} expired at {until}',
  'cert.issuer.expired.next':
    'replace it in the chain by its renewed certificate, or have the certificate issued again below a valid one',
  'cert.issuer.future': 'the authority {subject} is not valid before {since}',
  'cert.issuer.future.next':
    'wait until then, or see whether the clock of this machine is right: timedatectl',
  'cert.issuer.names': 'the authority {subject} may not issue for {name}; it may for: {allowed}',
  'cert.issuer.names.next': 'have the certificate issued by another authority, or without that name',
  'cert.issuer.purpose':
    'the authority {subject} may not issue for a {purpose}: its extended key usage is {usages}',
  'cert.issuer.purpose.next': 'have the certificate issued by another authority',
  'cert.openssl':
    'OpenSSL refuses the certificate, for something that is not looked at here: {text} ({number})',
  'cert.openssl.next':
    'see X509_V_ERR_… of that number in the manual of OpenSSL: man X509_STORE_CTX_get_error',
  'cert.order': 'the certificates are in the wrong order: {order}',
  'cert.order.next': 'each is followed by the one that signed it: {right}',
  'cert.order.leaf':
    'the authority {first} stands before the certificate {leaf}: servers take the first for their own',
  'cert.order.leaf.next': 'put {leaf} first, then those that signed it, in order',
  'cert.order.root': 'the root {subject} is sent too: needless, whoever trusts it has it',
  'cert.order.root.next': 'leave it, or remove it from the file: a kilobyte less in each handshake',
  'cert.order.stranger': '{subject} is sent too, and has no part in the chain',
  'cert.order.stranger.next': 'remove it from the file',
  'cert.order.twice': '{subject} is there twice',
  'cert.order.twice.next': 'remove one of the two',
  'cert.name': 'the certificate is not for {name}; it covers: {covered}',
  'cert.name.next': 'have one issued with that name, or use a name that it covers',
  'cert.name.none':
    'the certificate has no subjectAltName: it covers no name, so not {name}; its common name, {common}, no longer counts',
  'cert.name.none.next': 'have it issued again with subjectAltName = DNS:{name}',
  'cert.name.wildcard':
    'the certificate is not for {name}: {wildcard} covers one label before the dot, neither two nor none; it covers: {covered}',
  'cert.name.wildcard.next': 'have one issued with that name as well',
  'cert.key.mismatch':
    'the key does not belong to {subject}: the certificate is for a key {wanted}, this is another, {key}',
  'cert.key.mismatch.next':
    'find the key that the request was made with; when it is lost, make a new one and have a certificate issued for it',
  'cert.key.none': 'there is no private key in it; it holds: {held}',
  'cert.key.none.next': 'name the file with "-----BEGIN PRIVATE KEY-----"',
  'cert.key.encrypted': 'the key in line {line} is encrypted, and no passphrase is given',
  'cert.key.encrypted.next': 'say it at the terminal, or name a file that has it: --passphrase-file FILE',
  'cert.key.passphrase': 'the passphrase does not open the key in line {line}',
  'cert.key.passphrase.next': 'give the one that it was encrypted with; a file’s first line counts',
  'cert.key.broken': 'the block {label} in line {line} is no private key that OpenSSL reads',
  'cert.key.broken.next': 'copy it again from where it was made',
  'cert.key.openssh': 'the key in line {line} is in the form of OpenSSH, which TLS programs do not read',
  'cert.key.openssh.next': 'make one for TLS: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256',
  'cert.file.missing': 'there is no {file}',
  'cert.file.missing.next': 'correct the path; a server is named with its port: example.fr:443',
  'cert.file.unreadable': '{file} cannot be read: {reason}',
  'cert.file.unreadable.next': 'see the rights of {at}: ls -ld {at}',
  'cert.file.special': '{file} is no file but a pipe, a socket or a device',
  'cert.file.special.next': 'write what it gives into a file, and name that',
  'cert.file.folder': '{file} is a folder',
  'cert.file.folder.next': 'name a file in it: ls {file}',
  'cert.file.large': '{file} is larger than {limit}: no certificate is',
  'cert.file.large.next': 'name the file of the certificate',
  'cert.file.open': 'everybody on this machine may read the private key {file} (mode {mode})',
  'cert.file.open.next': 'chmod o-rwx {file}; if others have accounts here, make a new key',
  'cert.file.changeable': 'everybody on this machine may change {file} (mode {mode})',
  'cert.file.changeable.next': 'chmod o-w {file}, and see that it holds what it should',
  'cert.clock': 'the clock here says {here}, {source} says {there}: {seconds} {seconds|second|seconds} apart',
  'cert.clock.next':
    'see which of the two is wrong: timedatectl; a wrong clock makes good certificates expired or not yet valid',
  'cert.clock.alone': 'this machine does not keep its clock by the network (systemd: NTPSynchronized=no)',
  'cert.clock.alone.next':
    'timedatectl set-ntp true, or see why time servers do not answer: timedatectl timesync-status',
  'cert.tls.unresolved': 'the name {host} has no address here',
  'cert.tls.unresolved.next': 'see how it is spelt, and what DNS says: getent hosts {host}',
  'cert.tls.closed':
    '{address} refuses connections on port {port}: nothing listens there, or a firewall rejects',
  'cert.tls.closed.next': 'see whether the service runs and listens on that port: ss -ltn',
  'cert.tls.silent':
    '{address} does not answer on port {port} within {seconds} {seconds|second|seconds}: a firewall drops, or the machine is off',
  'cert.tls.silent.next': 'see whether it is on, and what firewalls on the way let through from here',
  'cert.tls.unreachable': '{address}, port {port}, cannot be reached: {reason}',
  'cert.tls.unreachable.next': 'see the network of this machine: ip route get {address}',
  'cert.tls.timeout': 'TCP connects, and the handshake does not come to an end',
  'cert.tls.timeout.next':
    'see whether the server speaks TLS on this port, and whether something on the way holds large packets back (MTU)',
  'cert.tls.hung-up': 'the connection was cut during the handshake, without an alert ({reason})',
  'cert.tls.hung-up.next':
    'see the log of the server, and what is between: a balancer or a firewall that does not know {name} does so',
  'cert.tls.unturned':
    'the server does not turn to TLS when asked: it does not offer STARTTLS for {protocol}',
  'cert.tls.unturned.next':
    'have it set up there, or name the port that speaks TLS from the start, without --starttls',
  'cert.tls.plain': 'the port speaks {protocol} in clear, not TLS: "{said}"',
  'cert.tls.plain.next': 'name the port that speaks TLS, or set up TLS on this one (nginx: listen … ssl)',
  'cert.tls.starttls': 'the port speaks {protocol} in clear, and turns to TLS when asked: "{said}"',
  'cert.tls.starttls.next': 'ask it: --starttls {word}',
  'cert.tls.protocol': 'no protocol version in common: {alert}',
  'cert.tls.protocol.next': 'have the server speak TLS 1.2 or 1.3',
  'cert.tls.old':
    'the server agrees to {version} with {cipher}, and to nothing that is secure today ({alert})',
  'cert.tls.old.next': 'have the server speak TLS 1.2 or 1.3 with ECDHE and AES-GCM or ChaCha20',
  'cert.tls.cipher': 'the server refuses: no cipher, group or signature in common ({alert})',
  'cert.tls.cipher.next':
    'see the ciphers of the server, and that its certificate is of a kind they can use (RSA or EC)',
  'cert.tls.name': 'the server does not know the name {name}: {alert}',
  'cert.tls.name.next': 'ask for a name that it serves (--name), or have it serve this one',
  'cert.tls.alert': 'the server refuses: {alert}',
  'cert.tls.alert.next': 'see the log of the server, which says more',
  'cert.tls.local': 'this side ends the handshake: {reason}',
  'cert.tls.local.next':
    'what the server sent is unacceptable here; inspect its certificate, and that key and certificate of this side are right',
  'cert.tls.required':
    'the server requires a client certificate, and got none: {alert}; it accepts those of: {accepts}',
  'cert.tls.required.next': 'show one, with its key: --cert FILE --key FILE',
  'cert.tls.required.http':
    'the server requires a client certificate, and got none: it answers {answer}; it accepts those of: {accepts}',
  'cert.tls.required.http.next': 'show one, with its key: --cert FILE --key FILE',
  'cert.tls.refused':
    'the server refuses our certificate {subject}, of {issuer}: {alert}; it accepts those of: {accepts}',
  'cert.tls.refused.next':
    'see the log of the server; usage, dates and chain of the certificate are what it looks at: cert inspect --purpose client',
  'cert.tls.refused.authority':
    'the server does not know the authority of our certificate {subject}, {issuer}: {alert}; it accepts those of: {accepts}',
  'cert.tls.refused.authority.next':
    'have one issued by an authority that it accepts, or have it trust {issuer}; if there is an intermediate, append it to the certificate',
  'cert.tls.refused.revoked':
    'the server says that our certificate {subject}, of {issuer}, is revoked: {alert}; it accepts those of: {accepts}',
  'cert.tls.refused.revoked.next': 'have a new one issued',
  'cert.tls.refused.expired':
    'the server says that our certificate {subject}, of {issuer}, expired: {alert}; it accepts those of: {accepts}',
  'cert.tls.refused.expired.next':
    'renew it; if it is valid here, the clock of one of the two is wrong, or an intermediate or a CRL there has expired',
  'cert.tls.refused.http':
    'the server refuses our certificate {subject}: it answers {answer}; it accepts those of: {accepts}',
  'cert.tls.refused.http.next':
    'see the log of the server; usage, dates and chain of the certificate are what it looks at: cert inspect --purpose client',
  'cert.tls.dropped':
    'the server ended the connection without a word once it had seen our certificate {subject}, of {issuer}; it accepts those of: {accepts}',
  'cert.tls.dropped.next': 'see the log of the server: it refuses the certificate, or the request',
  'cert.tls.forbidden':
    'the server took our certificate {subject} in the handshake, and answers {answer} to a request for /',
  'cert.tls.forbidden.next':
    'see the log of the server: it may not let this identity in, or only on other paths',
  'cert.tls.unlisted': 'our certificate {subject} is of {issuer}, and the server accepts those of: {accepts}',
  'cert.tls.unlisted.next':
    'take the certificate that one of these issued; clients of many kinds would not even show this one',
  'cert.tls.unasked':
    'the server asks for no client certificate: ours was not shown, and nothing is authenticated by it',
  'cert.tls.unasked.next':
    'have the server ask for it (nginx: ssl_verify_client); it may do so for some names only: see --name',
  'cert.tls.intercepted': 'somebody on the way opens TLS: the certificate is of {issuer} ({product})',
  'cert.tls.intercepted.next':
    'have {product} leave this destination alone: mutual TLS cannot pass it; or look from another network',
  'cert.tls.pin':
    'none of the certificates is one of those expected ({pins}); the server’s is {sha256}, of {issuer}',
  'cert.tls.pin.next':
    'it was renewed with another key, or somebody is on the way: ask its owner for the new one by another way',
  'cert.handshake.about':
    'a full handshake with a server, with a client certificate or without, and who refused what',
  'cert.handshake.usage': 'HOST:PORT [options]',
  'cert.handshake.server': 'a server and its port',
  'cert.match.about': 'whether a private key belongs to a certificate',
  'cert.match.usage': 'KEY CERTIFICATE [options]',
  'cert.match.key': 'the file of a private key: PKCS#8, PKCS#1 or SEC1, encrypted or not',
  'cert.match.certificate': 'the file of a certificate',
  'cert.chain.about': 'the chain of a certificate up to an authority, and what OpenSSL says of it',
  'cert.chain.usage': 'CERTIFICATE --ca FILE [options]',
  'cert.doctor.about':
    'everything at once about a publication, a partner or a TLS configuration of the description',
  'cert.doctor.usage': 'NAME [options]',
  'cert.doctor.name': 'a publication, a partner or a named TLS configuration',
  'cert.doctor.from': 'a described host to look from as well: it must be shown the same certificate',
  'cert.doctor.address': 'where to find the gateway, in place of what its names resolve to',
  'cert.option.cert': 'the file of the client certificate to show, followed by what leads to its authority',
  'cert.option.client-key': 'the file of its private key',
  'cert.option.server-name':
    'the name to ask for (SNI) and to find in the certificate, if not that of the server',
  'cert.option.starttls': 'begins in clear, as this protocol does: {protocols}',
  'cert.option.timeout': 'seconds for each step (10)',
  'cert.option.pin':
    'SHA-256 of a certificate (hexadecimal) or of a public key (base64) that must be in the chain; may be said several times',
  'cert.option.crl': 'a file of a list of revoked certificates (CRL); may be said several times',
  'cert.fact.fetched': 'fetched',
  'cert.option.fetch':
    'fetch missing intermediates, CRLs and OCSP answers from where certificates say (http, public addresses)',
  'cert.option.fetch-private': 'fetch from private addresses too',
  'cert.server.form': '"{text}" is not a server and its port',
  'cert.server.form.next': 'as example.fr:443 or [2001:db8::1]:443',
  'cert.handshake.pair': '{given} is said without {other}',
  'cert.handshake.pair.next': 'name both the certificate and its key: --cert FILE --key FILE',
  'cert.timeout.form': '"{text}" is no number of seconds from 1 to 60',
  'cert.timeout.form.next': 'as --timeout 10',
  'cert.fact.server': 'server',
  'cert.fact.address': 'address',
  'cert.fact.agreed': 'agreed',
  'cert.fact.verify': 'OpenSSL',
  'cert.fact.transcript': 'exchange',
  'cert.fact.matches': 'key file',
  'cert.fact.belongs': 'belongs',
  'cert.fact.belongs.yes': 'yes',
  'cert.fact.belongs.no': 'no',
  'cert.transcript.none': 'none',
  'cert.tls.differs': 'the server shows another certificate from {vantage}: {there}, and from here: {here}',
  'cert.tls.differs.next':
    'one of the two ways leads to another server, or through something that opens TLS: compare the issuers',
  'cert.authority.not-ca': '{subject} is no authority (CA:FALSE): no certificate leads to it',
  'cert.authority.not-ca.next': 'put the certificate of the authority there, not one that it issued',
  'cert.crl.stranger': 'the CRL {source} is of {issuer}, which is none of the authorities beside it',
  'cert.crl.stranger.next': 'put the list of one of the authorities there, or name that authority too',
  'cert.doctor.other': 'what is served (SHA-256 {served}) is not the certificate of {file} ({kept})',
  'cert.doctor.other.next':
    'apply the description again: poterne apply; until then the old certificate is served',
  'cert.doctor.unasked': 'the server asks for no client certificate, and "{configuration}" says that it does',
  'cert.doctor.unasked.next':
    'apply the description again: poterne apply; and see that this is the described gateway',
  'cert.doctor.unknown':
    'no publication, partner or TLS configuration is called "{name}"; there are: {names}',
  'cert.doctor.unknown.next': 'take one of them, or name the description: --site FILE',
  'cert.about': 'certificates: what is wrong with them, and with what is served; issue, renew, revoke them',
  'cert.inspect.about':
    'what a certificate says, and what is wrong with it: of a file, or as a server sends it',
  'cert.inspect.usage': 'FILE|HOST:PORT [options]',
  'cert.inspect.what': 'a file with certificates in PEM or DER, or a server and its port',
  'cert.option.purpose': 'what it is to be good for: client or server',
  'cert.option.name': 'the name or address that it is to cover',
  'cert.option.key': 'the file of the private key that is to belong to it',
  'cert.option.ca': 'a file of the authorities to trust, in place of the system’s',
  'cert.option.passphrase': 'a file whose first line opens the key; without it, the terminal is asked',
  'cert.passphrase': 'passphrase of {file}:',
  'cert.passphrase.file': '{file}, which is to open the key, cannot be read: {reason}',
  'cert.passphrase.file.next': 'name a file that this account may read',
  'cert.verdict.healthy': '{what}: healthy',
  'cert.verdict.warned': '{what}: no error, but: {text}',
  'cert.verdict.matching': '{what}: the key belongs to the certificate',
  'cert.verdict.broken': '{what}: {text}',
  'cert.finding.next': 'do: {text}',
  'cert.finding.where': 'in: {text}',
  'cert.fact.subject': 'subject',
  'cert.fact.issuer': 'issuer',
  'cert.fact.names': 'names',
  'cert.fact.valid': 'valid',
  'cert.fact.valid.value': '{since} to {until}, {days} {days|day|days} left',
  'cert.fact.usage': 'usage',
  'cert.fact.authority': 'authority',
  'cert.fact.authority.yes': 'yes (CA:TRUE)',
  'cert.fact.key': 'key',
  'cert.fact.signature': 'signature',
  'cert.fact.serial': 'serial',
  'cert.fact.sha256': 'SHA-256',
  'cert.fact.chain': 'chain',
  'cert.chain.end.trusted': 'trusted',
  'cert.chain.end.untrusted': 'not trusted',
  'cert.chain.end.open': 'ends here',
} as const;
