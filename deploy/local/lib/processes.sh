# shellcheck shell=bash
# Processes that outlive a function call: each is started as the leader of its own session and is known by pid AND start time,
# so that a recycled pid is never signalled.
#
#   process_identity PID               prints "PID STARTTIME" (clock ticks since boot); fails when there is no such process
#   process_alive FILE                 true when the process recorded in FILE still runs
#   process_spawn FILE COMMAND…        starts COMMAND in its own session and records its identity in FILE (its group is its pid)
#   process_wait FILE                  waits for a spawned child of this shell and returns its exit code
#   process_end FILE [SECONDS]         ends its whole group: TERM, KILL after SECONDS (3 unless given); removes FILE
#   process_guard FILE COMMAND…        a guard that runs COMMAND once this shell is gone, however it went (kill -9 included);
#                                      recorded in FILE; process_end FILE dismisses it

process_identity() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The command name may hold spaces and parentheses: fields are counted behind the last one. 20th there = 22nd of all.
  stat=${stat##*) }
  # shellcheck disable=SC2086
  set -- "$1" $stat
  case $2 in Z | X) return 1 ;; esac
  echo "$1 ${21}"
}

process_alive() {
  local recorded
  recorded=$(cat "$1" 2>/dev/null) && [ -n "$recorded" ] || return 1
  [ "$(process_identity "${recorded%% *}")" = "$recorded" ]
}

process_spawn() {
  local file=$1
  shift
  # In the background of a script a child leads no group yet, so setsid takes its place instead of forking, and the pid stays true.
  setsid "$@" </dev/null 8>&- 9>&- &
  process_identity "$!" >"$file" || true
}

process_wait() {
  local pid
  pid=$(cut -d' ' -f1 "$1")
  wait "$pid"
}

process_end() {
  local file=$1 patience=${2:-3} pid deadline
  if process_alive "$file"; then
    pid=$(cut -d' ' -f1 "$file")
    kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null || true
    deadline=$((SECONDS + patience))
    while process_alive "$file" && [ "$SECONDS" -le "$deadline" ]; do sleep 0.05; done
    kill -KILL -- "-$pid" 2>/dev/null || true
    while process_alive "$file"; do sleep 0.02; done
  fi
  rm -f "$file"
}

process_guard() {
  local file=$1 owner
  shift
  owner=$(process_identity "$$")
  # Its own output goes nowhere: holding the script's would keep a reader of that pipe waiting.
  # shellcheck disable=SC2016
  process_spawn "$file" bash -c '
    owner=$1 file=$2 library=$3; shift 3
    source "$library"
    while [ "$(process_identity "${owner%% *}")" = "$owner" ]; do sleep 0.5; done
    rm -f "$file"
    "$@"' guard "$owner" "$file" "${BASH_SOURCE[0]}" "$@" >/dev/null 2>&1
}
