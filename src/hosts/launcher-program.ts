/**
 * What starts programs for a process that is large: forking that one copies its tables of pages and stops it until the program is
 * there. It comes to `perl -` and needs no more than perl-base, which every Debian has (Essential: yes).
 *
 * Its descriptors from 4 on are, by threes, the standard streams of the programs that it may start. On descriptor 3 it is told
 * `start NUMBER LENGTH`, and so many bytes of words with null bytes between them, or `kill NUMBER SIGNAL`; there it says `end
 * NUMBER STATUS` (wait(2)). When nobody can tell it anything any more it leaves what runs alone.
 */
export const launcherProgram = String.raw`
use strict;

my $count = $ARGV[0];
my ($control, @streams) = map {
  open(my $stream, '+<&=', $_) or exit 1;
  # One program's streams are not the others' (F_SETFD, FD_CLOEXEC).
  fcntl($stream, 2, 1);
  $stream;
} 3 .. 3 + 3 * $count;
my %running;
$SIG{CHLD} = sub { };
$SIG{PIPE} = 'IGNORE';

sub start {
  my ($number, @argv) = @_;
  my @own = @streams[3 * $number .. 3 * $number + 2];
  my $process = fork;
  if (defined $process && $process == 0) {
    $SIG{$_} = 'DEFAULT' for qw(CHLD PIPE);
    if (open(STDIN, '<&', $own[0]) && open(STDOUT, '>&', $own[1]) && open(STDERR, '>&', $own[2])) {
      exec { $argv[0] } @argv;
      syswrite(STDERR, "$argv[0]: $!\n");
    }
    kill 'KILL', $$;
  }
  close $_ for @own;
  if (defined $process) { $running{$process} = $number }
  else { syswrite($control, "end $number 9\n") }
}

my $held = '';
while (1) {
  while ((my $process = waitpid(-1, 1)) > 0) {
    my $number = delete $running{$process};
    syswrite($control, "end $number $?\n");
  }
  my $reading = '';
  vec($reading, 3, 1) = 1;
  # The end of a program may come just before.
  next if select($reading, undef, undef, %running ? 0.2 : undef) <= 0;
  sysread($control, $held, 65536, length $held) or exit 0;
  while ($held =~ /^(start|kill) (\d+) (\S+)\n/) {
    my ($verb, $number, $word, $begin) = ($1, $2, $3, $+[0]);
    if ($verb eq 'kill') {
      kill $word, $_ for grep { $running{$_} == $number } keys %running;
      substr($held, 0, $begin, '');
    } else {
      last if length $held < $begin + $word;
      my $arguments = substr($held, $begin, $word);
      substr($held, 0, $begin + $word, '');
      start($number, split /\0/, $arguments, -1);
    }
  }
}
__END__
`;
