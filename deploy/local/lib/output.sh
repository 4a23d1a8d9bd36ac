# shellcheck shell=bash
# What every script here says, and how. Progress goes to standard error, so that standard output stays usable.
#
#   say TEXT…        a progress line, with the seconds since the outermost script began
#   warn TEXT…       the same, marked as a warning
#   fail TEXT…       an error line, then exit 1
#   random_text LENGTH SET   prints LENGTH random characters of SET (tr's notation)
#   usage FILE       prints the comment block at the head of FILE (the text of --help)

export RELAY_BEGUN=${RELAY_BEGUN:-$EPOCHSECONDS}

say()  { printf '[%4ds] %s\n' "$((EPOCHSECONDS - RELAY_BEGUN))" "$*" >&2; }
warn() { say "warning: $*"; }
fail() { say "error: $*"; exit 1; }

random_text() { (set +o pipefail; LC_ALL=C tr -dc "$2" </dev/urandom | head -c "$1"; echo) }

usage() { awk 'NR == 1 { next } /^#/ { sub(/^# ?/, ""); print; next } { exit }' "$1"; }
