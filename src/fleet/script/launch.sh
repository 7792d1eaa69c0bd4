# Becomes the operator's script, as its account. Its folder is the only one that holds something of the run's, and is in
# place of any other's; HOME, SHELL, USER, LOGNAME and PATH are the account's.

. "$work/parameters"
umask 022
cd -- "$home" 2>/dev/null || cd /
eval "set -- $arguments"
set -- "$script" "$@"
# The account's own shell reads its profile, as after a login, and becomes the script.
[ -z "$login" ] || set -- "$shell" -l -c 'exec "$0" "$@"' "$@"
: >"$work/launched"
exec setpriv --reuid "$uid" --regid "$gid" --init-groups --reset-env -- env POTERNE_RUN="$run" "$@"
