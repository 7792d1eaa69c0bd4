import { endOfAccess } from '../../lib/access.ts';
import { bastionPlaces, type Person, personPrincipal } from '../../model/access.ts';
import type { BundleFile } from '../../model/bundle.ts';
import type { Site } from '../../model/site.ts';
import {
  frontPath,
  frontServicePath,
  frontSocket,
  frontUnit,
  frontUnitPath,
  peopleAccountsPath,
  peopleFolder,
} from './places.ts';
import { keyLine } from './syntax.ts';

type Make = (path: string, mode: number, text: string, more?: Partial<BundleFile>) => BundleFile;

/** What the bastion has for people: their accounts, their keys, and the front that they talk to in place of a shell. */
export function peopleFiles(site: Site, file: Make): readonly BundleFile[] {
  return [
    file(peopleAccountsPath, 0o644, accountsText(site)),
    ...site.people.flatMap((person) => [
      file(`${peopleFolder}/${person.name}.keys`, 0o644, keysText(site, person), { because: person.pointer }),
      file(`${peopleFolder}/${person.name}.principals`, 0o644, `${personPrincipal(person.name)}\n`, {
        because: person.pointer,
      }),
    ]),
    file(frontPath, 0o755, frontText),
    file(frontUnitPath, 0o644, socketText),
    file(frontServicePath, 0o644, serviceText),
  ];
}

/** Their group is what rules of the firewall go by; the shell runs the front, and nothing else. */
function accountsText({ people }: Site): string {
  const group = bastionPlaces.people;
  const lines = people.map(({ name, title }) => {
    const called = (title ?? name).replace(/[\p{Cc}":,\\%]+/gu, ' ').trim();
    return `u ${name} -:${group} "${called}" / /bin/sh\n`;
  });
  return `# Written by Poterne: accounts of people on the bastion. They are not removed, but nobody gets in without a key.\ng ${group} -\n${lines.join('')}`;
}

/** Without static keys a registered key yields a certificate, and nothing else. */
function keysText(site: Site, person: Person): string {
  const end = endOfAccess(site, person);
  const options = [
    'restrict',
    ...(site.bastion?.staticKeys ? ['port-forwarding'] : []),
    ...(end ? [`expiry-time="${stamp(end)}"`] : []),
    `command="${frontPath}"`,
  ];
  return person.keys.map((key) => `${keyLine(options, key)}\n`).join('');
}

/** As sshd reads it: 20270101000000Z. */
const stamp = (date: Date) => `${date.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;

/** perl-base is on every Debian. It tells the service what sshd says, and shows what comes back. */
const frontText = `#!/usr/bin/perl
# Written by Poterne: what people talk to on the bastion. Asks the service behind ${frontSocket}, and can do nothing itself.
use strict;
use warnings;
use Socket;

my $most = 16384;
my ($proof, $input) = ('', '');
if (open my $file, '<', $ENV{SSH_USER_AUTH} // '') { read $file, $proof, $most; }
my $command = $ENV{SSH_ORIGINAL_COMMAND} // '';
if ($command =~ /^certificate\\b/) { read STDIN, $input, $most; }
my $socket;
unless (socket($socket, PF_UNIX, SOCK_STREAM, 0) && connect($socket, pack_sockaddr_un('${frontSocket}'))) {
    print STDERR "the bastion does not answer: tell whoever runs it\\n";
    exit 1;
}
my %said = (command => substr($command, 0, $most), connection => $ENV{SSH_CONNECTION} // '', proof => $proof, input => $input);
syswrite $socket, join '', map { "$_ " . unpack('H*', $said{$_}) . "\\n" } sort keys %said;
shutdown $socket, 1;
my $answer = '';
while (sysread $socket, my $part, 65536) { $answer .= $part; }
my ($status, $text) = $answer =~ /^([0-9]+)\\n(.*)\\z/s;
unless (defined $status) {
    print STDERR "the bastion does not answer: tell whoever runs it\\n";
    exit 1;
}
if ($status == 0) { print STDOUT $text; } else { print STDERR $text; }
exit $status;
`;

/** Who connects is told by the kernel, in the name of the service's instance. */
const socketText = `# Written by Poterne.
[Unit]
Description=Front of the bastion, for people who are logged in to it

[Socket]
ListenStream=${frontSocket}
SocketUser=root
SocketGroup=${bastionPlaces.people}
SocketMode=0660
Accept=yes
MaxConnections=100
MaxConnectionsPerSource=20
# Many at once wait: they do not end it for everybody.
TriggerLimitIntervalSec=0

[Install]
WantedBy=sockets.target
`;

const serviceText = `# Written by Poterne.
[Unit]
Description=Front of the bastion (%I)
CollectMode=inactive-or-failed
Requires=${frontUnit}

[Service]
ExecStart=-/usr/bin/poterne bastion front %i
StandardInput=socket
StandardOutput=socket
StandardError=journal
User=${bastionPlaces.account}
Group=${bastionPlaces.account}
StateDirectory=${bastionPlaces.account}
StateDirectoryMode=0700
RuntimeMaxSec=30s
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
UMask=0077
`;
