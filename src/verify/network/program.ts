import { window } from './frames.ts';

/** What the program says first; whatever a login script printed before it is skipped. */
export const greeting = 'poterne vantage 1\n';

/**
 * The program that looks out from a vantage host. It is sent to the host's `perl -` and leaves nothing there. It needs
 * no more than perl-base, which every Debian has (Essential: yes), and no rights.
 *
 * Frames to it: `L` look up a name; `C` connect (`address port`); `T` try a port (`address port milliseconds`);
 * `D` data; `F` no more data; `K` this many bytes were taken, send as many more; `X` forget the conversation.
 * Frames from it: `A` addresses of a name; `O` connected (`address port` of this end); `S` state of a port; `D` data;
 * `W` this many bytes were written; `F` the other end says no more; `E` an error, by its name in errno.h or netdb.h.
 */
export const program = String.raw`
use strict;
use warnings;
use Errno qw(EAGAIN EINPROGRESS EINTR);
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use POSIX ();
use Socket qw(:DEFAULT IPPROTO_TCP TCP_NODELAY getaddrinfo getnameinfo AI_NUMERICHOST AI_NUMERICSERV
  NI_NUMERICHOST NI_NUMERICSERV EAI_NONAME EAI_NODATA EAI_AGAIN);

# How far a conversation may run ahead of its reader.
my $window = ${window};

my %held;        # Conversations by number.
my %number_of;   # Their numbers by file descriptor.
my $trying = 0;  # How many of them have a deadline.
my ($reading, $writing) = ('', '');  # What select waits for.
my ($in, $out) = ('', '');
my %names;

$SIG{PIPE} = 'IGNORE';
$SIG{CHLD} = 'IGNORE';

# Seconds of a clock that is never put right, in hundredths (perl-base has no Time::HiRes).
sub now { return (POSIX::times())[0] / 100 }

sub name_of {
  my ($errno) = @_;
  return $names{$errno} //= do {
    local $! = $errno;
    (sort grep { $!{$_} } keys %!)[0] // "E$errno";
  };
}

sub unblock {
  my ($handle) = @_;
  fcntl($handle, F_SETFL, fcntl($handle, F_GETFL, 0) | O_NONBLOCK);
}

sub report {
  my ($kind, $number, $body) = @_;
  $out .= pack('aNN', $kind, $number, length $body) . $body;
}

# Has select wait for what a conversation needs next.
sub attend {
  my ($c) = @_;
  my $fd = $c->{fd};
  vec($reading, $fd, 1) = !$c->{connecting} && !$c->{ended} && $c->{credit} > 0 ? 1 : 0;
  vec($writing, $fd, 1) = $c->{connecting} || length $c->{in} || ($c->{last} && !$c->{shut}) ? 1 : 0;
}

sub hold {
  my ($number, $handle, %more) = @_;
  my $fd = fileno $handle;
  my $c = { number => $number, handle => $handle, fd => $fd, credit => $window, in => '', %more };
  $held{$number} = $c;
  $number_of{$fd} = $number;
  $trying++ if $c->{deadline};
  attend($c);
}

sub forget {
  my ($c) = @_;
  vec($reading, $c->{fd}, 1) = 0;
  vec($writing, $c->{fd}, 1) = 0;
  $trying-- if $c->{deadline};
  delete $held{$c->{number}};
  delete $number_of{$c->{fd}};
  close $c->{handle};
}

sub fail {
  my ($c, $errno) = @_;
  report($c->{deadline} ? 'S' : 'E', $c->{number}, name_of($errno));
  forget($c);
}

# In a process of its own, for resolvers keep one waiting.
sub look_up {
  my ($number, $name) = @_;
  my ($from, $to);
  my $child = pipe($from, $to) ? fork : undef;
  return report('E', $number, name_of($!)) unless defined $child;
  if ($child) {
    close $to;
    unblock($from);
    return hold($number, $from, name => $name);
  }
  # Not as long as this end of the connection: it must not keep the connection open.
  close $_ for *STDIN, *STDOUT, *STDERR;
  alarm 60;
  my ($error, @found) = getaddrinfo($name, undef, { socktype => SOCK_STREAM });
  my $said;
  if ($error) {
    my $code = $error + 0;
    $said = 'E' . ($code == EAI_NONAME || $code == EAI_NODATA ? 'ENOTFOUND' : $code == EAI_AGAIN ? 'EAI_AGAIN' : 'EAI_FAIL');
  } else {
    $said = 'A' . join ' ', map { (getnameinfo($_->{addr}, NI_NUMERICHOST | NI_NUMERICSERV))[1] } @found;
  }
  syswrite $to, $said;
  POSIX::_exit(0);
}

sub open_to {
  my ($number, $address, $port, $patience) = @_;
  my $answer = defined $patience ? 'S' : 'E';
  my ($error, $found) = getaddrinfo($address, $port, { flags => AI_NUMERICHOST | AI_NUMERICSERV, socktype => SOCK_STREAM });
  return report($answer, $number, 'EINVAL') if $error || !$found;
  socket(my $handle, $found->{family}, SOCK_STREAM, 0) or return report($answer, $number, name_of($!));
  unblock($handle);
  setsockopt($handle, IPPROTO_TCP, TCP_NODELAY, 1);
  if (!connect($handle, $found->{addr}) && $! != EINPROGRESS) { return report($answer, $number, name_of($!)) }
  hold($number, $handle, connecting => 1, defined $patience ? (deadline => now() + $patience / 1000) : ());
}

sub connected {
  my ($c) = @_;
  my $errno = unpack 'i', getsockopt($c->{handle}, SOL_SOCKET, SO_ERROR);
  return fail($c, $errno) if $errno;
  if ($c->{deadline}) {
    report('S', $c->{number}, 'open');
    return forget($c);
  }
  my (undef, $address, $port) = getnameinfo(getsockname($c->{handle}), NI_NUMERICHOST | NI_NUMERICSERV);
  report('O', $c->{number}, "$address $port");
  $c->{connecting} = 0;
  attend($c);
}

sub readable {
  my ($c) = @_;
  my $got = sysread $c->{handle}, my $chunk, $c->{credit} < 32768 ? $c->{credit} : 32768;
  if (!defined $got) { return $! == EAGAIN || $! == EINTR ? undef : fail($c, $!) }
  if (defined $c->{name}) {
    return $c->{said} .= $chunk if $got;
    # A resolver that was cut short said nothing.
    my ($kind, $body) = unpack 'a a*', $c->{said} // 'EEAI_AGAIN';
    report($kind, $c->{number}, $body);
    return forget($c);
  }
  if ($got) {
    $c->{credit} -= $got;
    report('D', $c->{number}, $chunk);
  } else {
    $c->{ended} = 1;
    report('F', $c->{number}, '');
  }
  attend($c);
}

sub writable {
  my ($c) = @_;
  return connected($c) if $c->{connecting};
  if (length $c->{in}) {
    my $put = syswrite $c->{handle}, $c->{in};
    if (!defined $put) { return $! == EAGAIN || $! == EINTR ? undef : fail($c, $!) }
    substr($c->{in}, 0, $put) = '';
    report('W', $c->{number}, $put);
  }
  if ($c->{last} && !$c->{shut} && !length $c->{in}) {
    shutdown $c->{handle}, 1;
    $c->{shut} = 1;
  }
  attend($c);
}

sub told {
  my ($kind, $number, $body) = @_;
  return look_up($number, $body) if $kind eq 'L';
  return open_to($number, split / /, $body) if $kind eq 'C' || $kind eq 'T';
  my $c = $held{$number} or return;
  return forget($c) if $kind eq 'X';
  $c->{in} .= $body if $kind eq 'D';
  $c->{last} = 1 if $kind eq 'F';
  $c->{credit} += $body if $kind eq 'K';
  attend($c);
}

sub take {
  my $got = sysread STDIN, $in, 65536, length $in;
  if (!defined $got) { return if $! == EAGAIN || $! == EINTR }
  # Whoever sent us is gone.
  exit 0 unless $got;
  my $at = 0;
  while (length($in) - $at >= 9) {
    my ($kind, $number, $length) = unpack 'aNN', substr $in, $at, 9;
    last if length($in) - $at - 9 < $length;
    told($kind, $number, substr $in, $at + 9, $length);
    $at += 9 + $length;
  }
  substr($in, 0, $at) = '';
}

# The conversations whose bits stand in a vector; one may be forgotten while another is served.
sub ready {
  my $bits = unpack 'b*', $_[0];
  my @ready;
  while ($bits =~ /1/g) {
    my $number = $number_of{pos($bits) - 1};
    push @ready, $held{$number} if defined $number;
  }
  return @ready;
}

binmode $_ for *STDIN, *STDOUT;
unblock(*STDIN);
unblock(*STDOUT);
$out = "${greeting.trim()}\n";
my $looked = now();
while (1) {
  my ($r, $w) = ($reading, $writing);
  vec($r, 0, 1) = 1;
  vec($w, 1, 1) = 1 if length $out;
  if (select($r, $w, undef, $trying ? 0.05 : undef) > 0) {
    for my $c (ready($w)) { writable($c) if $held{$c->{number}} }
    for my $c (ready($r)) { readable($c) if $held{$c->{number}} }
    take() if vec($r, 0, 1);
    if (vec($w, 1, 1)) {
      my $put = syswrite STDOUT, $out;
      if (defined $put) { substr($out, 0, $put) = '' }
      elsif ($! != EAGAIN && $! != EINTR) { exit 0 }
    }
  }
  next unless $trying && now() - $looked >= 0.05;
  $looked = now();
  for my $c (grep { $_->{deadline} && $_->{deadline} < $looked } values %held) {
    report('S', $c->{number}, 'silent');
    forget($c);
  }
}
__END__
`;
