#!/bin/bash
# view.sh ROOT BASE DIRECTORY COMMAND…: the first process of fresh mount, PID and IPC namespaces. Assembles a throwaway view of
# the private root and runs COMMAND in it: programs are bound read-only, everything that is written lives in memory, and the paths
# in RELAY_VIEW_BINDS (one a line, SOURCE or SOURCE<tab>TARGET) appear writable. Nothing of it is visible outside or left behind.
set -euo pipefail
root=$1 base=$2 directory=$3
shift 3
view=$base/view
mkdir -p "$view"
mount -t tmpfs -o mode=755,size=4g relay-view "$view"

# Shows ROOT/$1 entry by entry, so that paths which the root does not know can be made beside them.
graft() {
  local entry target
  for entry in "$root$1"/*; do
    target=$view$1/${entry##*/}
    if [ -L "$entry" ]; then cp -a "$entry" "$target"
    elif [ -d "$entry" ]; then
      mkdir -p "$target"
      case $1/${entry##*/} in
        /etc | /proc | /sys | /dev | /run | /tmp | /home | /root | /mnt | /media | /var | /var/lib | /var/cache | /var/tmp | /var/log | /var/run) ;;
        *) if [ -n "$(ls -A "$entry")" ]; then mount -o bind,ro "$entry" "$target"; fi ;;
      esac
    elif [ -e "$entry" ]; then cp -a "$entry" "$target"; fi
  done
}
graft ''
for part in /var /var/lib /var/cache; do graft "$part"; done
cp -a "$root/etc/." "$view/etc/"
printf '127.0.0.1 localhost\n' >"$view/etc/hosts"
chmod 1777 "$view/tmp" "$view/var/tmp"
chmod 700 "$view/root"

mkdir -p "$view/dev/pts" "$view/dev/shm"
for node in null zero full random urandom tty; do : >"$view/dev/$node"; mount --bind "/dev/$node" "$view/dev/$node"; done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 relay-pts "$view/dev/pts"
mount -t tmpfs -o mode=1777 relay-shm "$view/dev/shm"
ln -s pts/ptmx "$view/dev/ptmx"
ln -s /proc/self/fd "$view/dev/fd"
for stream in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${stream%:*}" "$view/dev/${stream#*:}"; done

while IFS=$'\t' read -r source target; do
  target=${target:-$source}
  if [ -z "$source" ] || [ "$source" = / ] || [ ! -d "$source" ]; then continue; fi
  mkdir -p "$view$target" 2>/dev/null || { echo "cannot show $source in the private root" >&2; exit 125; }
  mount --rbind "$source" "$view$target"
done <<<"$(sort -u <<<"${RELAY_VIEW_BINDS:-}")"

# Known to the host as the process to ask for an orderly end; read before /proc shows this namespace's own numbers.
if [ -n "${RELAY_VIEW_PID_FILE:-}" ]; then
  read -r host_pid _ </proc/self/stat
  echo "$host_pid" >"$RELAY_VIEW_PID_FILE"
fi
mount -t proc relay-proc "$view/proc"
unset RELAY_VIEW_BINDS RELAY_VIEW_PID_FILE LD_LIBRARY_PATH LD_PRELOAD PYTHONHOME PERL5LIB BASH_ENV ENV
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 LC_ALL=C.UTF-8
# bash stays the first process (it reaps, and a change of user would cut the tie to the parent's death); the command is its child.
# shellcheck disable=SC2016
exec chroot "$view" /bin/bash -c '
  cd "$1" 2>/dev/null || cd /
  shift
  "$@" <&0 &
  child=$!
  trap "kill -s ${RELAY_STOP_SIGNAL:-TERM} $child 2>/dev/null" TERM
  trap "exit 130" INT
  while :; do code=0; wait "$child" || code=$?; kill -0 "$child" 2>/dev/null || break; done
  exit "$code"' view "$directory" "$@"
