# shellcheck shell=bash
# Components: one file each in components.d, found by name. Several instances of one service run side by side, each in its own
# state directory STATE/NAME, which holds: process (identity), view (inner process), port, address, log, and the service's own files.
#
# A component's file sets
#   about          one line for 'components status' and --help
#   kind           service | program
#   root           the private root that holds its packages: bookworm (unless set), desktop, forky, or none (see root.sh)
#   packages=()    Debian packages of that root
#   default_port   of a service
#   stop_signal    asks the service for an orderly end (TERM unless set)
#   provide        optional function, on the host: installs under RELAY_LOCAL_DIR what comes from no private root
# and, for a service, defines
#   serve          runs INSIDE the root, as root: prepares, then ends in 'exec PROGRAM'. $port and $options are set;
#                  /instance is STATE/NAME. Loopback only.
#   answers        on the host: true when the service answers its own protocol on $port. $instance is STATE/NAME.
#   prepare        optional, on the host, before every start: writes files of the instance that serve reads
#   binds          optional, on the host: more paths to show inside, one a line, SOURCE<tab>TARGET
#   elsewhere      optional, on the host: prints HOST:PORT when the service is provided from outside; nothing is started then
#   launch         optional, on the host, in place of serve: starts the service by process_spawn "$instance/process"
#   announce       optional, on the host, after it answers: writes further files of the instance
#
#   component_names                    prints every component's name
#   component_load NAME                sources it (call in a subshell: functions share their names)
#   components_install NAME…           builds what these need, at the same time; all components without a name
#   service_start NAME STATE PORT      starts it; PORT is a number, 'any' or '' (its default); prints "NAME HOST:PORT" when it answers
#   service_stop NAME STATE            ends it and everything it started
#   service_status NAME STATE          prints one line

component_names() { (cd "$LOCAL/components.d" && printf '%s\n' *); }

component_load() {
  [ -f "$LOCAL/components.d/$1" ] || { say "error: unknown component '$1' (known: $(component_names | paste -sd' '))"; exit 2; }
  about='' kind=program root=bookworm packages=() default_port=0 stop_signal=TERM
  unset -f provide serve answers prepare binds elsewhere launch cleanup announce
  # shellcheck source=/dev/null
  source "$LOCAL/components.d/$1"
}

components_install() {
  local name root part jobs=() code=0
  if [ $# -eq 0 ]; then mapfile -t names < <(component_names); else names=("$@"); fi
  for root in $(for name in "${names[@]}"; do (component_load "$name"; echo "$root"); done | sort -u); do
    [ "$root" = none ] || { root_install "$root" & jobs+=("$!"); }
  done
  for name in "${names[@]}"; do
    (component_load "$name"; if declare -F provide >/dev/null; then provide; fi) & jobs+=("$!")
  done
  for part in "${jobs[@]}"; do wait "$part" || code=1; done
  return "$code"
}

service_start() (
  name=$1 instance=$2/$1 wanted=$3
  component_load "$name"
  [ "$kind" = service ] || fail "$name is a program, not a service: use 'components run'"
  mkdir -p "$instance"
  instance=$(cd "$instance" && pwd)
  if declare -F elsewhere >/dev/null && address=$(elsewhere); then
    echo "$address" >"$instance/address"
    echo "$name $address"
    return 0
  fi
  exec 8>"$instance/.lock"
  flock --wait 120 8 || fail "$name: another start or stop of $instance does not end"
  if process_alive "$instance/process"; then echo "$name $(cat "$instance/address")"; return 0; fi
  attempt=0
  while :; do
    port=$wanted
    case $port in '') port=$default_port ;; any) port=$(port_pick) ;; esac
    port_free "$port" || fail "$name: port $port is taken (choose another: --port $name=N, or --port any)"
    if service_launch; then break; fi
    # Somebody else may have taken the port that was picked.
    attempt=$((attempt + 1))
    if [ "$wanted" = any ] && [ "$attempt" -lt 3 ] && ! port_free "$port"; then continue; fi
    tail -n 20 "$instance/log" >&2 || true
    fail "$name did not start (log: $instance/log)"
  done
  echo "$port" >"$instance/port"
  echo "127.0.0.1:$port" >"$instance/address"
  if declare -F announce >/dev/null; then announce; fi
  echo "$name 127.0.0.1:$port"
)

service_launch() {
  local deadline pidns kept
  if declare -F prepare >/dev/null; then prepare; fi
  if declare -F launch >/dev/null; then
    launch >"$instance/log" 2>&1
  else
    [ -d "$(root_path "$root")" ] || fail "the private root is missing: run 'components install $name' first"
    rm -f "$instance/view"
    # The service sees Relay's own settings of the caller's environment and nothing else of it.
    mapfile -d '' -t kept < <(env -0 | grep -z '^RELAY_')
    process_spawn "$instance/process" env -i PATH="$PATH" "${kept[@]}" RELAY_VIEW_PID_FILE="$instance/view" RELAY_STOP_SIGNAL="$stop_signal" \
      RELAY_VIEW_BINDS="$(printf '%s\t/instance\n' "$instance"; if declare -F binds >/dev/null; then binds; fi)" \
      RELAY_SERVE="instance=/instance port=$port; $(declare -f serve); serve" \
      unshare --mount --pid --ipc --fork --kill-child=SIGKILL --propagation private \
      /bin/bash "$LIBRARY/view.sh" "$(root_path "$root")" "$RELAY_LOCAL_DIR" / \
      /bin/bash -euo pipefail -c 'serve=$RELAY_SERVE; unset RELAY_SERVE; eval "$serve"' "$name" >"$instance/log" 2>&1
  fi
  deadline=$((SECONDS + ${start_patience:-60}))
  while process_alive "$instance/process" && [ "$SECONDS" -lt "$deadline" ]; do
    if answers 2>/dev/null; then
      pidns=$(readlink "/proc/$(cut -d' ' -f1 "$instance/process")/ns/pid_for_children" || true)
      if declare -F launch >/dev/null || port_owned_by "$port" "$pidns"; then return 0; fi
    fi
    sleep 0.05
  done
  service_end
  return 1
}

# unshare ignores TERM while it waits: the inner process is asked first, then unshare is killed, and the kernel ends all inside.
service_end() {
  local inner deadline
  if process_alive "$instance/process"; then
    inner=$(cat "$instance/view" 2>/dev/null || true)
    if [ -n "$inner" ]; then
      kill -TERM "$inner" 2>/dev/null || true
      deadline=$((SECONDS + 5))
      while process_alive "$instance/process" && [ "$SECONDS" -le "$deadline" ]; do sleep 0.02; done
    fi
    if process_alive "$instance/process"; then kill -KILL "$(cut -d' ' -f1 "$instance/process")" 2>/dev/null || true; fi
    while process_alive "$instance/process"; do sleep 0.02; done
  fi
  if declare -F cleanup >/dev/null; then cleanup; fi
  rm -f "$instance/process" "$instance/view" "$instance/port" "$instance/address"
}

service_stop() (
  name=$1 instance=$2/$1
  [ -d "$instance" ] || return 0
  component_load "$name"
  exec 8>"$instance/.lock"
  flock --wait 120 8 || fail "$name: another start or stop of $instance does not end"
  if process_alive "$instance/process"; then say "stopping $name"; fi
  service_end
)

service_status() (
  name=$1 instance=$2/$1
  component_load "$name"
  case $kind in
    program) state='program (components run)' ;;
    *) if process_alive "$instance/process"; then state="running at $(cat "$instance/address" 2>/dev/null)"
       elif [ -s "$instance/port" ]; then state="ended by itself (log: $instance/log)"
       elif [ -s "$instance/address" ]; then state="elsewhere at $(cat "$instance/address")"
       else state=stopped; fi ;;
  esac
  printf '%-12s %-32s %s\n' "$name" "$state" "$about"
)
