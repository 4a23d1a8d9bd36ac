# shellcheck shell=bash
# The Debian archive as this host reaches it.
#
#   debian_mirror             prints the host's own mirror for bookworm main (deb822 and one-line sources; third parties skipped),
#                             RELAY_DEBIAN_MIRROR overrides; a host without either is told so
#   debian_apt_options        prints the host's apt settings that a private apt must share (proxies, validity), one KEY "VALUE"; a line
#   debian_tool DIR PACKAGE   unpacks PACKAGE of bookworm into DIR without installing it; apt's own lists and caches stay untouched

DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

debian_mirror() {
  local source uri
  if [ -n "${RELAY_DEBIAN_MIRROR:-}" ]; then echo "$RELAY_DEBIAN_MIRROR"; return 0; fi
  while read -r source; do
    # Cloud images list their mirrors in a file of their own.
    case $source in mirror+file:*) uri=$(awk '!/^#/ && NF { print $1; exit }' "${source#mirror+file:}" 2>/dev/null || true) ;; *) uri=$source ;; esac
    # Third parties also call their suite "bookworm"; the Debian archive is the one whose path ends in /debian.
    case ${uri%/} in */debian) echo "${uri%/}"; return 0 ;; esac
  done < <(debian_sources)
  echo "This host's apt sources name no mirror of Debian: set RELAY_DEBIAN_MIRROR to one." >&2
  return 1
}

debian_sources() {
  local file
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    awk -v RS='' -F '\n' '{
      types = uris = suites = components = ""; enabled = "yes"; key = ""
      for (i = 1; i <= NF; i++) {
        line = $i
        if (line ~ /^#/) continue
        if (line ~ /^[^ \t:]+:/) { key = tolower(substr(line, 1, index(line, ":") - 1)); line = substr(line, index(line, ":") + 1) }
        if (key == "types") types = types " " line; else if (key == "uris") uris = uris " " line
        else if (key == "suites") suites = suites " " line; else if (key == "components") components = components " " line
        else if (key == "enabled") { enabled = tolower(line); gsub(/[ \t]/, "", enabled) }
      }
      if (enabled == "no" || (types " ") !~ / deb /) next
      if ((suites " ") !~ / bookworm / || (components " ") !~ / main /) next
      n = split(uris, each, /[ \t]+/)
      for (i = 1; i <= n; i++) if (each[i] != "") print each[i]
    }' "$file"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    sed -nE 's/^deb[ \t]+(\[[^]]*\][ \t]+)?([^ \t]+)[ \t]+bookworm[ \t]+(.*[ \t])?main([ \t].*)?$/\2/p' "$file"
  done
}

debian_apt_options() {
  apt-config dump 2>/dev/null | grep -E '^Acquire::(https?::[Pp]roxy|Check-Valid-Until|Check-Date|Retries)( |::)' || true
}

debian_tool() {
  local target=$1 package=$2 private=$1.apt mirror
  rm -rf "$private"
  mkdir -p "$private/lists/partial" "$private/cache/archives/partial" "$private/empty"
  mirror=$(debian_mirror)
  echo "deb [signed-by=$DEBIAN_KEYRING] $mirror bookworm main" >"$private/sources.list"
  : >"$private/status"
  local options=(-qq -o APT::Sandbox::User=root -o "Dir::Cache=$private/cache" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
  # The host's lists are enough where they exist; they are only read. Else a private set is fetched.
  if ! (cd "$private" && apt-get "${options[@]}" download "$package/bookworm") 2>/dev/null; then
    options+=(-o "Dir::State::lists=$private/lists" -o "Dir::State::status=$private/status" -o "Dir::Etc::sourcelist=$private/sources.list"
      -o "Dir::Etc::sourceparts=$private/empty" -o "Dir::Etc::preferencesparts=$private/empty" -o Acquire::Languages=none)
    apt-get "${options[@]}" update
    (cd "$private" && apt-get "${options[@]}" download "$package")
  fi
  mkdir -p "$target"
  dpkg-deb -x "$private/${package}"_*.deb "$target"
  rm -rf "$private"
}
