# shellcheck shell=bash
# Loopback TCP ports, read from the kernel's own table (no ss, no netstat on a minimal machine).
#
#   port_listener PORT          prints the socket inode that listens on PORT (IPv4 or IPv6); empty when nothing does
#   port_free PORT              true when nothing listens on PORT
#   port_pick                   prints a free port below the kernel's ephemeral range
#   port_connects PORT          true when 127.0.0.1:PORT accepts a connection
#   port_owned_by PORT PIDNS    true when the listener on PORT belongs to a process of that PID namespace ("pid:[…]")
#   port_held_by PORT PID       true when the listener on PORT is one of PID's own sockets

port_listener() {
  local hex
  printf -v hex '%04X' "$1"
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port=":$hex" \
    '$4 == "0A" && substr($2, length($2) - 4) == port { print $10; exit }'
}

port_free() { [ -z "$(port_listener "$1")" ]; }

port_pick() {
  local port attempt
  for attempt in {1..200}; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    if port_free "$port"; then echo "$port"; return 0; fi
  done
  fail "no free port found after $attempt attempts"
}

port_connects() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# An answer alone does not say whose it is: another instance may have won a race for the same port.
port_owned_by() {
  local inode holder
  inode=$(port_listener "$1")
  [ -n "$inode" ] || return 1
  while read -r holder; do
    holder=${holder#/proc/}
    [ "$(readlink "/proc/${holder%%/*}/ns/pid" 2>/dev/null)" = "$2" ] && return 0
  done < <(find /proc/[0-9]*/fd -maxdepth 1 -lname "socket:\[$inode\]" 2>/dev/null)
  return 1
}

port_held_by() {
  local inode
  inode=$(port_listener "$1")
  [ -n "$inode" ] && [ -n "$(find "/proc/$2/fd" -maxdepth 1 -lname "socket:\[$inode\]" -print -quit 2>/dev/null)" ]
}
