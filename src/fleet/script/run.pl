# What runs on a host, as root, for the perl that every Debian has: perl-base, and none of its modules but strict, as loading
# one costs more than most of this. It comes in on standard input, and after it: the parameters, the operator's script, what
# goes to that one's standard input. Cut short, it does nothing: the last line begins it.
#
# Both streams of the connection carry the script's own bytes between two marks that only the controller and root here know.

use strict;

# What the controller asks for: lists of strings by name.
my %given;
# Where the script is; whoever made it removes it.
my ($folder, $owner, $lock);
# The run's name there, and the account; the groups are all of its, the first one first.
my ($run, $account, $uid, $gid, $home, $shell, @groups);
# The process of the script, until its end is known; its systemd scope, and where the kernel tells of that one's processes.
my ($main, $scope, $cgroup);
# What was said on standard output and not sent yet, and when something was.
my ($unsent, $sent) = ('', time);
# Why it is to be ended: its time is over, or the controller has closed. That is how it says stop, and how its death shows.
my ($why, $is_running);

# Seconds that only ever grow.
sub now {
  open(my $uptime, '<', '/proc/uptime') or return time;
  return (split / /, <$uptime>)[0];
}

sub one { return $given{ $_[0] }[0] }

# Writes all, waiting as long as it takes; false when it cannot.
sub put {
  my ($handle, $bytes) = @_;
  while (length $bytes) {
    my $written = syswrite($handle, $bytes);
    if (defined $written) { substr($bytes, 0, $written, '') }
    elsif ($! != 4) { return 0 }
  }
  return 1;
}

# Has bytes sent with what follows, or when there are many of them: each way to the controller costs both ends.
sub say_soon {
  $unsent .= $_[0];
  return length $unsent < 65536 && time - $sent < 2 || flush();
}

# Sends what was said.
sub flush {
  my $is_sent = put(\*STDOUT, $unsent);
  ($unsent, $sent) = ('', time);
  return $is_sent;
}

# Says one line of fields separated by tabs.
sub report { say_soon(join("\t", @_) . "\n") }

sub base64 {
  my ($bytes) = @_;
  my $text = pack('u', $bytes);
  $text =~ s/^.//mg;
  $text =~ tr/\n//d;
  $text =~ tr{`!-_}{AB-Za-z0-9+/};
  my $padding = (3 - length($bytes) % 3) % 3;
  substr($text, -$padding) = '=' x $padding if $padding;
  return $text;
}

# Nothing was run, and why.
sub broken {
  my ($what, $said) = @_;
  report('broken', $what, base64(substr($said // '', -4096)));
  flush();
  exit 1;
}

# The next bytes of the connection; fewer when it ended.
sub take {
  my ($length) = @_;
  my $bytes = '';
  while (length $bytes < $length) {
    read(STDIN, $bytes, $length - length $bytes, length $bytes) or last;
  }
  return $bytes;
}

# Reads the parameters: a line for each, its name and the lengths of its values, which follow; an empty line ends them.
sub parameters {
  while (defined(my $line = <STDIN>)) {
    return 1 if $line eq "\n";
    my ($name, @lengths) = split ' ', $line;
    $given{$name} = [map { take($_) } @lengths];
  }
  return 0;
}

# Brings the next bytes of the connection into a new file.
sub store {
  my ($path, $length) = @_;
  open(my $file, '>', $path) or broken('disk', $!);
  for (my $left = $length; $left > 0;) {
    my $bytes = take($left < 65536 ? $left : 65536);
    broken('script', 'cut short') if $bytes eq '';
    put($file, $bytes) or broken('disk', $!);
    $left -= length $bytes;
  }
  close($file) or broken('disk', $!);
}

# The words of the first line that a program says.
sub words_of {
  open(my $said, '-|', @_) or return;
  return split ' ', <$said> // '';
}

# All groups of an account, the first one first, as id(1) knows them: without it where only /etc/group says who is in which.
sub groups_of {
  my ($account, $gid) = @_;
  my %asked;
  if (open(my $switch, '<', '/etc/nsswitch.conf')) {
    while (<$switch>) { $asked{$1} = $2 if /^\s*(group|initgroups):\s*(.*?)\s*$/ }
  }
  return words_of('id', '-G', '--', $account) if exists $asked{initgroups} || ($asked{group} // '') ne 'files';
  my @groups = ($gid);
  while (my (undef, undef, $group, $members) = getgrent) {
    push @groups, $group if $group != $gid && grep { $_ eq $account } split ' ', $members;
  }
  return @groups;
}

# Folders that were left where a host lost its power in the middle: nobody holds them. None is younger than an hour.
sub sweep {
  opendir(my $all, '/var/lib') or return;
  for my $name (grep { /^poterne-run\..{6}$/s } readdir $all) {
    my $old = "/var/lib/$name";
    next if -l $old || !-d _ || time - (lstat _)[9] < 3600;
    open(my $held, '<', $old) or next;
    remove($old) if flock($held, 2 | 4);
  }
}

# Does not follow links, whatever the account has put there.
sub remove {
  my ($path) = @_;
  rmdir $path or system('rm', '-rf', '--', $path);
}

# A new name in a folder.
sub random_name {
  my @letters = ('a' .. 'z', 0 .. 9);
  return join '', map { $letters[rand @letters] } 1 .. 6;
}

# Places the script in a private folder: the account's once it is filled, so that nothing is written as root where the
# account could have put a link. Not in /run, /tmp or /var/tmp, which may be mounted noexec.
sub place {
  my ($login) = @_;
  my $asked = one('account');
  $asked = $login if $asked eq '';
  my @entry = getpwnam($asked);
  @entry = getpwuid($asked) if !@entry && $asked =~ /^\d+$/;
  broken('account') if !@entry;
  ($account, $uid, $gid, $home, $shell) = @entry[0, 2, 3, 7, 8];
  @groups = groups_of($account, $gid);
  broken('account') if grep { !/^\d+$/ } $groups[0] // '', @groups;
  sweep();
  for (1 .. 9) {
    $run = 'poterne-run.' . random_name();
    last if mkdir("/var/lib/$run", 0700);
    broken('disk', $!) if $! != 17 || $_ == 9;
  }
  ($folder, $owner) = ("/var/lib/$run", $$);
  open($lock, '<', $folder) and flock($lock, 2 | 4);
  my $script = "$folder/" . one('name');
  store($script, one('script_length'));
  my ($sum) = words_of('sha256sum', '--', $script);
  broken('script', 'not what was sent') if $sum ne one('script_sha256');
  my $installed = installed($script);
  my $stdin = input();
  chmod 0500, $script;
  chown $uid, $gid, $script, $folder;
  return ($installed, $stdin);
}

# Has place.sh look at a file's place, or put it there, with the rights of that user and group alone; what it says. A new file's
# content is read from a handle, or comes from the connection: no more than it is long, whatever becomes of the other end.
sub placed {
  my ($user, $group, $content, $length, @words) = @_;
  my ($out, $to_out) = piped();
  my ($err, $to_err) = piped();
  my ($from, $to);
  ($from, $to) = piped() if !$content;
  my $placing = fork // broken('launch', $!);
  if ($placing == 0) {
    $SIG{$_} = 'DEFAULT' for qw(HUP INT TERM PIPE CHLD);
    close $to if $to;
    my @rights = ("--reuid=$user", "--regid=$group", '--init-groups', '--reset-env');
    open(STDIN, '<&', $content || $from) && open(STDOUT, '>&', $to_out) && open(STDERR, '>&', $to_err)
      && exec('setpriv', @rights, '--', 'sh', '-c', one('placer'), 'poterne', @words);
    kill 'KILL', $$;
  }
  close $_ for $to_out, $to_err;
  if ($to) {
    close $from;
    for (my $left = $length; $left > 0;) {
      my $bytes = take($left < 65536 ? $left : 65536);
      $left -= length $bytes;
      last if $bytes eq '' || !put($to, $bytes);
    }
    close $to;
  }
  local $/;
  my ($state, $said) = (<$out> // '', <$err> // '');
  1 while waitpid($placing, 0) != $placing && $! == 4;
  broken('place', $said) if $?;
  return $state =~ s/\s+$//r;
}

# The script where policy wants it: it stays there. A folder of the account's is written to with its rights, and no other's.
sub installed {
  my ($script) = @_;
  my $path = one('install');
  return $script if $path eq '';
  my $parent = $path =~ s{/[^/]*$}{}r;
  my $is_own = ((stat "$parent/.")[4] // -1) == $uid;
  my @acting = $is_own ? ($uid, $gid) : (0, 0);
  my $owner = one('install_owner');
  $owner = $is_own ? $account : 'root' if $owner eq '';
  my @words = ($path, one('install_mode'), $owner, one('script_sha256'));
  open(my $nothing, '<', '/dev/null') && open(my $content, '<', $script) or broken('disk', $!);
  placed(@acting, $content, 0, 'put', @words) if placed(@acting, $nothing, 0, 'look', @words) ne 'same';
  return $path;
}

# Files at their places, with the rights of the account; asks for the contents of those that are not there already.
sub put_files {
  my @left = @{ $given{files} };
  open(my $nothing, '<', '/dev/null') or broken('disk', $!);
  while (my ($path, $size, @words) = splice(@left, 0, 5)) {
    my $state = placed($uid, $gid, $nothing, 0, 'look', $path, @words);
    if ($state ne 'same') {
      report('want');
      flush();
      $state = placed($uid, $gid, undef, $size, 'put', $path, @words);
    }
    report('placed', $state);
  }
}

# What the script reads. It may be a secret: it has no name, and stays in memory unless it is large.
sub input {
  my $length = one('stdin_length');
  my $path = '/dev/null';
  if ($length > 0) {
    $path = $length > 16777216 ? "$folder/.stdin" : "/run/$run";
    store($path, $length);
  }
  open(my $stdin, '<', $path) or broken('disk', $!);
  unlink $path if $length > 0;
  return $stdin;
}

sub piped {
  pipe(my $from, my $to) or broken('launch', $!);
  return ($from, $to);
}

# Becomes the account for ever, or leaves.
sub become {
  $) = "$gid @groups";
  $( = $gid;
  $> = $uid;
  $< = $uid;
  open(my $status, '<', '/proc/self/status') or kill 'KILL', $$;
  my %is = map { /^(Uid|Gid|Groups):\s*(.*?)\s*$/ ? ($1 => join ' ', sort split ' ', $2) : () } <$status>;
  my $groups = join ' ', sort @groups;
  kill 'KILL', $$ if $is{Uid} ne join(' ', ($uid) x 4) || $is{Gid} ne join(' ', ($gid) x 4) || $is{Groups} ne $groups;
}

# The environment of the account, as after a login.
sub environment {
  my ($key, $path) = ('ENV_PATH', '/usr/local/bin:/bin:/usr/bin');
  ($key, $path) = ('ENV_SUPATH', '/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin') if $uid == 0;
  if (open(my $settings, '<', '/etc/login.defs')) {
    while (<$settings>) { $path = $1 if /^\s*$key\s+(?:PATH=)?"?([^"\s]+)/ }
  }
  return (HOME => $home, SHELL => $shell, USER => $account, LOGNAME => $account, PATH => $path, POTERNE_RUN => $run);
}

# Becomes the operator's script, or says why not as a shell does.
sub become_script {
  my ($stdin, $stdout, $stderr, $say, $script) = @_;
  $SIG{$_} = 'DEFAULT' for qw(HUP INT TERM PIPE CHLD);
  setpgrp(0, 0);
  %ENV = environment();
  umask 022;
  chdir $home or chdir '/';
  # The account's own shell reads its profile, and becomes the script.
  my @command = ($script, @{ $given{arguments} });
  @command = ($shell, '-l', '-c', 'exec "$0" "$@"', @command) if one('login') ne '';
  open(STDIN, '<&', $stdin) && open(STDOUT, '>&', $stdout) && open(STDERR, '>&', $stderr) or kill 'KILL', $$;
  if ($scope) {
    # Says that it was got that far. Inherited (F_SETFD), and of one digit, as sh wants it.
    fcntl($say, 2, 0);
    my $said = fileno $say;
    my $words = '--scope --quiet --collect --slice=system.slice --property=TimeoutStopSec=5';
    @command = ('/usr/bin/setpriv', "--reuid=$uid", "--regid=$gid", '--groups=' . join(',', @groups), '--', @command);
    # Without a description, systemd would log the arguments, and refuse those that are no text to it.
    @command = ('/usr/bin/systemd-run', split(/ /, $words), "--unit=$run", "--description=$run", '--', '/bin/sh', '-c',
      "unset INVOCATION_ID; echo >&$said; exec $said>&-; exec \"\$@\"", 'poterne', @command);
  } else {
    syswrite($say, "\n");
    become();
  }
  exec { $command[0] } @command;
  my ($reason, $status) = ($!, $! == 2 ? 127 : 126);
  exec('/bin/sh', '-c', 'echo "$1" >&2; exit "$2"', 'poterne', "$command[0]: $reason", $status) or kill 'KILL', $$;
}

# Starts the operator's script, the first process of a systemd scope where there is systemd. Its streams are pipes of the
# account's own: it may open /dev/stdout anew.
sub launch {
  my ($script, $stdin) = @_;
  my ($got, $say) = piped();
  my ($out, $to_out) = piped();
  my ($err, $to_err) = piped();
  chown $uid, $gid, $to_out, $to_err;
  if (-d '/run/systemd/system') {
    $scope = "$run.scope";
    my $slice = '/sys/fs/cgroup/system.slice';
    $cgroup = "$slice/$scope" if -e "$slice/cgroup.events";
  }
  $main = fork // broken('launch', $!);
  become_script($stdin, $to_out, $to_err, $say, $script) if $main == 0;
  return ($out, $err, $got);
}

# Without systemd: sends a signal to the processes that hold the run's mark in their environment; whether there were any.
sub signal_tree {
  my ($signal) = @_;
  my $found = 0;
  opendir(my $all, '/proc') or return 0;
  for my $process (grep { /^\d+$/ } readdir $all) {
    open(my $file, '<', "/proc/$process/environ") or next;
    local $/;
    my $environment = <$file> // next;
    next if index("\0$environment", "\0POTERNE_RUN=$run\0") < 0;
    $found = 1 if kill $signal, $process;
  }
  return $found;
}

# Whether something that the script started still runs.
sub is_left {
  return signal_tree(0) if !$scope;
  if ($cgroup) {
    open(my $events, '<', "$cgroup/cgroup.events") or return 0;
    return scalar grep { $_ eq "populated 1\n" } <$events>;
  }
  # systemd takes a moment to notice that all have gone.
  for (1, 2) {
    return 0 if system('systemctl', 'is-active', '--quiet', '--', $scope) != 0;
    select(undef, undef, undef, 0.3);
  }
  return 1;
}

# Has systemd end the scope.
sub stop_scope {
  my $stopping = fork;
  return $stopping if $stopping || !defined $stopping;
  open(STDOUT, '>', '/dev/null');
  open(STDERR, '>', '/dev/null');
  exec('systemctl', 'stop', '--quiet', '--', $scope) or kill 'KILL', $$;
}

# A way to end every process that the script started, wherever it went: TERM, and KILL five seconds later. What it gives is
# called again and again, and says whether that is done.
sub ending {
  if ($scope) {
    my ($stopping, $next, $tries) = (stop_scope(), 0, 0);
    return sub {
      return 0 if $stopping && waitpid($stopping, 1) == 0;
      $stopping = undef;
      return 1 if $tries >= 10 || (!$main && !is_left());
      # It was not there yet.
      my $now = now();
      return 0 if $now < $next;
      ($next, $tries) = ($now + 0.5, $tries + 1);
      kill 'TERM', $main if $main;
      $stopping = stop_scope();
      return 0;
    };
  }
  my @signals = ('TERM', 'KILL');
  my ($until, $next) = (0, 0);
  my $signal;
  return sub {
    my $now = now();
    return $next < 0 if $now < $next || $next < 0;
    if (!$signal || ($now >= $until && @signals)) {
      $signal = shift @signals;
      $until = $now + 5;
      kill $signal, $main if $main;
    }
    # Those that are left when all were killed five seconds ago will not go.
    my $is_left = signal_tree($signal);
    $next = (!$is_left && !$main) || ($now >= $until && !@signals) ? -1 : $now + 0.5;
    return $next < 0;
  };
}

# Whether a stream is through: its end was seen, and all was sent.
sub is_through { return !$_[0]{from} && $_[0]{held} eq '' }

# Sends what the script says, until it and its streams have ended. What it leaves in the background may hold them open:
# it is given five seconds.
sub attend {
  my ($out, $err, $got) = @_;
  my @streams = ({ from => $out, to => \*STDOUT, held => '' }, { from => $err, to => \*STDERR, held => '' });
  # No more than what a stream surely takes: whoever reads slowly must not keep us from the rest.
  my $most = -p STDOUT || -p STDERR ? 4096 : 32768;
  my $begun = now();
  my $until = $begun + one('limit');
  my ($status, $ended, $quiet, $ticked, $is_moved, $end);
  my $is_heard = 0;
  while (1) {
    if ($main && waitpid($main, 1) == $main) {
      $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
      $main = undef;
      $ended = $ticked = now();
      $quiet = 0;
    }
    $why = 'limit' if $main && !$why && now() >= $until;
    $end = ending() if $why && !$end;
    my $is_over = $end ? $end->() : 1;
    last if !$main && $is_over && !grep { !is_through($_) } @streams;
    if (!$main && now() >= $ticked + 0.5) {
      $ticked = now();
      $quiet = !$is_moved || is_left() ? $quiet + 1 : 0;
      $is_moved = 0;
      if ($quiet >= 10) { $_ = { held => '' } for @streams }
    }
    my ($reading, $writing) = ('', '');
    for my $stream (@streams) {
      if ($stream->{held} ne '') { vec($writing, fileno $stream->{to}, 1) = 1 }
      elsif ($stream->{from}) { vec($reading, fileno $stream->{from}, 1) = 1 }
    }
    vec($reading, fileno $got, 1) = 1 if $got;
    vec($reading, 0, 1) = 1 if $main && !$why;
    # The end of a process may not wake us.
    select($reading, $writing, undef, $main && !$end ? 1 : 0.2) > 0 or next;
    $why = 'stop' if $main && !$why && vec($reading, 0, 1) && !sysread(STDIN, my $more, 4096);
    if ($got && vec($reading, fileno $got, 1)) {
      $is_heard = sysread($got, my $more, 1);
      $got = undef;
    }
    for my $stream (@streams) {
      my ($from, $to) = @$stream{ 'from', 'to' };
      if ($stream->{held} ne '' && vec($writing, fileno $to, 1)) {
        my $written = syswrite($to, $stream->{held}, $most);
        # Nobody listens any more; the script is not held up by that.
        if (defined $written) { substr($stream->{held}, 0, $written, '') }
        elsif ($! != 4) { $stream->{held} = '' }
        $is_moved = 1;
      } elsif ($from && vec($reading, fileno $from, 1)) {
        my $read = sysread($from, $stream->{held}, $most);
        $stream->{from} = undef if defined $read ? $read == 0 : $! != 4;
        $is_moved = 1;
      }
    }
  }
  $is_heard = sysread($got, my $more, 1) if $got;
  return ($status, int(1000 * ($ended - $begun)), $is_heard);
}

# Sends exactly as many bytes of a file as were announced, whatever becomes of it meanwhile.
sub send_file {
  my ($path, $file, $size) = @_;
  report('file', base64($path), $size);
  for (my $left = $size; $left > 0;) {
    my $some = $left < 131072 ? $left : 131072;
    my $bytes;
    $bytes = "\0" x $some if !sysread($file, $bytes, $some);
    say_soon($bytes) or exit 1;
    $left -= length $bytes;
  }
  my $after = (stat $path)[7] // -1;
  report('sent', $after == $size ? 'same' : 'changed');
}

# Why a file is not sent; nothing where it can be.
sub reason {
  my ($path) = @_;
  return 'link' if -l $path;
  return 'none' if !-e $path;
  return 'folder' if -d _;
  return -f _ ? undef : 'special';
}

# Sends the files that match the patterns, as the account for ever: nothing comes that it may not read. No link is followed. A
# POSIX shell says what matches; names go in base64, as they may hold anything. That the bytes come as they are, ssh sees to
# (RFC 4253 §6.4): no program sums them here.
sub collect {
  $SIG{$_} = 'DEFAULT' for qw(HUP INT TERM PIPE CHLD);
  become();
  chdir $home or chdir '/';
  open(STDERR, '>', '/dev/null');
  open(STDIN, '<', '/dev/null');
  my $most = one('most');
  open(my $names, '-|', '/bin/sh', '-c', one('expander'), 'poterne', @{ $given{patterns} }) or exit 1;
  while (defined(my $path = do { local $/ = "\0"; <$names> })) {
    chop $path;
    my $why = reason($path);
    my $size = (stat _)[7];
    my $file;
    $why = 'unreadable' if !defined $why && !open($file, '<', $path);
    $why = 'large' if !defined $why && $size > $most;
    if (defined $why) {
      report('skip', base64($path), $why);
    } else {
      $most -= $size;
      send_file($path, $file, $size);
    }
  }
}

# Whatever ends this ends the script, and leaves nothing behind.
END {
  if (defined $owner && $owner == $$) {
    my $status = $?;
    $SIG{$_} = 'IGNORE' for qw(HUP INT TERM);
    if ($main) {
      my $end = ending();
      until ($end->()) {
        select(undef, undef, undef, 0.2);
        $main = undef if $main && waitpid($main, 1) != 0;
      }
    }
    unlink "$folder/" . one('name');
    remove($folder);
    $? = $status;
  }
}

sub main {
  my $login = $ENV{SUDO_USER} // 'root';
  %ENV = (PATH => '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL => 'C');
  umask 077;
  binmode $_ for \*STDIN, \*STDOUT, \*STDERR;
  # Not ignored, which the script would inherit.
  $SIG{$_} = sub { } for qw(PIPE CHLD);
  $SIG{$_} = sub { $is_running ? $why ||= 'stop' : exit 1 } for qw(HUP INT TERM);
  parameters() or exit 1;
  put(\*STDERR, one('token') . "\n");
  say_soon(one('token') . "\n");
  my ($script, $stdin) = place($login);
  put_files();
  report('begin', $account);
  flush();
  $is_running = 1;
  my ($status, $milliseconds, $is_launched) = attend(launch($script, $stdin));
  my $left = is_left() ? 'left' : '';
  put(\*STDERR, one('token'));
  say_soon(one('token'));
  report('exit', $status, $why // 'itself', $milliseconds, $left);
  broken('launch') if !$is_launched;
  $is_running = 0;
  unlink "$folder/" . one('name');
  remove($folder);
  $owner = undef;
  if (@{ $given{patterns} } && ($why // '') ne 'stop') {
    flush();
    # The last thing: there is no way back to root from it.
    collect();
  }
  report('end');
  flush();
}

main();
__END__
