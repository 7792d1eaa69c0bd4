#!/bin/sh
# usage: pki.sh [FOLDER]
#
# The authorities of this example and what they issue, in FOLDER (/tmp/iris-mtls). At home, the partner's authority sends you
# client.pem for the request that you sent; the agencies' may be Poterne's own.
set -eu
umask 077
folder=${1:-/tmp/iris-mtls}
mkdir -p "$folder"
cd "$folder"

# authority NAME SUBJECT
authority() {
  openssl req -utf8 -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "$2" -keyout "$1.key" -out "$1.pem" 2>/dev/null
}

# certificate NAME SUBJECT AUTHORITY DAYS EXTENSIONS…
certificate() {
  name=$1 subject=$2 by=$3 days=$4
  shift 4
  openssl req -utf8 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$subject" -keyout "$name.key" -out "$name.csr" 2>/dev/null
  printf '%s\n' 'basicConstraints = critical, CA:FALSE' "$@" >"$name.ext"
  openssl x509 -req -in "$name.csr" -CA "$by.pem" -CAkey "$by.key" -CAcreateserial -days "$days" -extfile "$name.ext" -out "$name.pem" 2>/dev/null
  rm "$name.csr" "$name.ext"
}

authority partenaire-root '/O=Partenaire/CN=Autorité du partenaire'
certificate partenaire '/CN=api.external-system.com' partenaire-root 398 \
  'subjectAltName = DNS:api.external-system.com' 'extendedKeyUsage = serverAuth'
certificate client '/O=Plateforme/CN=donnees.example.fr' partenaire-root 398 'extendedKeyUsage = clientAuth'
# The same a year later; and one that somebody asked for with the wrong purpose.
certificate client-nouveau '/O=Plateforme/CN=donnees.example.fr' partenaire-root 398 'extendedKeyUsage = clientAuth'
certificate client-serveur '/O=Plateforme/CN=donnees.example.fr' partenaire-root 398 'extendedKeyUsage = serverAuth'

authority agences-root '/O=Agences/CN=Autorité des agences'
certificate agence '/O=Agences/CN=agence-12' agences-root 398 'extendedKeyUsage = clientAuth'
# For proofs: one that has expired, and one that is revoked, with the list that says so.
cat >agences.cnf <<'END'
[ca]
default_ca = own
[own]
database = agences.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
default_crl_days = 398
policy = any
[any]
organizationName = supplied
commonName = supplied
[client]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = clientAuth
END
: >agences.txt
# agences ARGUMENTS OF openssl ca
agences() {
  openssl ca -batch -config agences.cnf -cert agences-root.pem -keyfile agences-root.key "$@" 2>/dev/null
}
# short NAME CN BEGIN END
short() {
  openssl req -utf8 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=Agences/CN=$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  agences -in "$1.csr" -out "$1.pem" -notext -extensions client -startdate "$3" -enddate "$4"
  rm "$1.csr"
}
short agence-expiree agence-7 20240101000000Z 20250101000000Z
short agence-revoquee agence-9 20240101000000Z 20440101000000Z
agences -revoke agence-revoquee.pem
agences -gencrl -out agences.crl
