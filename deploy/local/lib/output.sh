# shellcheck shell=bash
# What every script here says, and how. Progress goes to standard error, so that standard output stays usable.
#
#   say TEXT…        a progress line, with the seconds since the script began
#   warn TEXT…       the same, marked as a warning
#   fail TEXT…       an error line, then exit 1
#   usage FILE       prints the comment block at the head of FILE (the text of --help)

say()  { printf '[%4ds] %s\n' "$SECONDS" "$*" >&2; }
warn() { say "warning: $*"; }
fail() { say "error: $*"; exit 1; }

usage() { awk 'NR == 1 { next } /^#/ { sub(/^# ?/, ""); print; next } { exit }' "$1"; }
