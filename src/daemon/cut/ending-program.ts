/**
 * Ends connections that other processes hold. It comes to `perl -` and needs no more than perl-base, which every Debian has (Essential:
 * yes), and Linux 5.6; neither root nor an option of the kernel, where both processes are of one account.
 *
 * On descriptor 3 it is told `PID DESCRIPTOR INODE` a line, and says `PID DESCRIPTOR ERRNO` of each, 0 once it is ended; what is there
 * now is not what was meant when its inode is another one, and is left alone (ESTALE).
 */
export const endingProgram = String.raw`
use strict;

open(my $asked, '<&=', 3) or exit 1;
$| = 1;
my %processes;
while (my $line = <$asked>) {
  my ($pid, $descriptor, $inode) = map { $_ + 0 } split ' ', $line;
  print "$pid $descriptor ", finish($pid, $descriptor, $inode), "\n";
}

sub finish {
  my ($pid, $descriptor, $inode) = @_;
  # pidfd_open
  my $process = $processes{$pid} //= syscall(434, $pid, 0);
  if ($process < 0) { delete $processes{$pid}; return $! + 0 }
  # pidfd_getfd
  my $copy = syscall(438, $process, $descriptor, 0);
  return $! + 0 if $copy < 0;
  open(my $socket, '+<&=', $copy) or return $! + 0;
  # ESTALE
  return 116 if (stat $socket)[1] != $inode;
  # Resets TCP at once (AF_UNSPEC, connect(2)): what was still to be sent is dropped, and the visitor hears of it. Other kinds refuse.
  connect($socket, pack('S x14', 0));
  shutdown($socket, 2);
  close $socket;
  return 0;
}
__END__
`;
