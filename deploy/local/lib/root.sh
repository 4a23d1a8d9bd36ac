# shellcheck shell=bash
# The private roots: Debian trees that hold the components' packages. Each is built once, is read-only in use, and is entered only
# through private namespaces (lib/view.sh), so that nothing is installed on the host and no mount is seen by it.
#
#   bookworm   installed: everything but what follows
#   desktop    installed: desktops and the browser, which the demo does without and which take as long again
#   forky      unpacked only: programs that bookworm has too old, whose libraries must not mix with bookworm's
#
#   RELAY_LOCAL_DIR           where the roots and the default state live (/var/tmp/openova-relay)
#   root_path [ROOT]          prints a root's directory (bookworm's unless named)
#   root_ready [ROOT]         true when the root is there and was built from the recipe as it now stands
#   root_install ROOT         builds it when it is not ready; callers at the same time wait for one another
#   root_run [-r ROOT] [-b DIR]… -- COMMAND…   runs COMMAND in ROOT (bookworm): same network, current directory, /tmp, the repository
#                             and each DIR at their own paths, standard streams and exit code kept. Replaces this process.

RELAY_LOCAL_DIR=${RELAY_LOCAL_DIR:-/var/tmp/openova-relay}
LIBRARY=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LOCAL=$(dirname "$LIBRARY")
REPOSITORY=$(dirname "$(dirname "$LOCAL")")

root_path() { case ${1:-bookworm} in bookworm) echo "$RELAY_LOCAL_DIR/root" ;; *) echo "$RELAY_LOCAL_DIR/root-$1" ;; esac; }

root_packages() {
  local name
  for name in $(component_names); do (component_load "$name" && [ "$root" != "$1" ] || printf '%s\n' "${packages[@]}"); done | sort -u
}

root_recipe() {
  { root_packages "$1"; declare -f "root_bootstrap_$1" root_bootstrap_installed root_options; } | sha256sum | cut -d' ' -f1
}

root_ready() { [ "$(cat "$(root_path "${1:-bookworm}")/.recipe" 2>/dev/null)" = "$(root_recipe "${1:-bookworm}")" ]; }

root_install() (
  name=$1
  if root_ready "$name"; then say "private root is ready: $(root_path "$name")"; return 0; fi
  [ "$(id -u)" = 0 ] || fail "building the private root needs root"
  [ -r "$DEBIAN_KEYRING" ] || fail "$DEBIAN_KEYRING is missing (package debian-archive-keyring)"
  mkdir -p "$RELAY_LOCAL_DIR"
  exec 9>"$RELAY_LOCAL_DIR/.lock-$name"
  flock --nonblock 9 || { say "another build of $name is under way; waiting for it"; flock 9; }
  if ! root_ready "$name"; then root_build; fi
)

root_build() {
  local begun=$SECONDS path work tool=$RELAY_LOCAL_DIR/tool-$name mirror recipe packages log=$RELAY_LOCAL_DIR/build-$name.log
  path=$(root_path "$name")
  work=$path.new
  recipe=$(root_recipe "$name")
  packages=$(root_packages "$name" | paste -sd,)
  mirror=$(debian_mirror)
  rm -rf "$work" "$tool" "$tool.apt"
  say "building the private root $path from $mirror (about a minute, once)"
  debian_tool "$tool" mmdebstrap >"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "mmdebstrap could not be fetched"; }
  export -f "root_bootstrap_$name" root_bootstrap_installed root_options
  # In namespaces of its own: if this script dies, the build and its mounts die with it.
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child=SIGKILL --mount-proc --propagation private \
    bash -c '"root_bootstrap_$1" "${@:2}"' root "$name" "$tool/usr/bin" "$work" "$mirror" "$DEBIAN_KEYRING" "$packages" "$(debian_apt_options)" \
    </dev/null >>"$log" 2>&1 9>&- &
  local build=$! stage
  while kill -0 "$build" 2>/dev/null; do
    sleep 1
    if (((SECONDS - begun) % 10 == 0)); then
      stage=$(grep -E '^I: ' "$log" 2>/dev/null | tail -n 1 | cut -c4- || true)
      say "building the private root ($name): ${stage:-starting}"
    fi
  done
  wait "$build" || { tail -n 30 "$log" >&2; rm -rf "$work"; fail "the private root could not be built (log: $log)"; }
  echo "$recipe" >"$work/.recipe"
  # Instances that still run from an older root lose its files: they must be started again.
  rm -rf "$path.old"
  if [ -d "$path" ]; then mv "$path" "$path.old"; fi
  mv "$work" "$path"
  rm -rf "$path.old" "$tool"
  say "private root $name built in $((SECONDS - begun)) s, $(du -sm "$path" | cut -f1) MB"
}

# root_bootstrap_ROOT TOOLS TARGET MIRROR KEYRING PACKAGES APT_OPTIONS: part of the recipe's digest, so that a change here rebuilds.
root_bootstrap_bookworm() { root_bootstrap_installed "$@"; }

root_bootstrap_desktop() { root_bootstrap_installed "$@"; }

root_bootstrap_installed() {
  set -euo pipefail
  local tools=$1 target=$2 mirror=$3 keyring=$4 packages=$5 settings=$6 options=()
  # Parts of guacd that bookworm lacks come from bullseye; its pin keeps every other package on bookworm.
  # WeasyPrint's font library pulls in a compiler and numerical packages that rendering never loads; PostgreSQL's compiler is off (jit).
  # Byte code is made once at the end, for what is left.
  local path unused=()
  for path in '/usr/include/*' '/usr/lib/gcc/*' '/usr/lib/x86_64-linux-gnu/*.a' '/usr/lib/x86_64-linux-gnu/libLLVM*' '/usr/lib/llvm*' \
    '/usr/lib/postgresql/15/lib/bitcode/*' '/usr/share/unicode/*' '/usr/lib/python3/dist-packages/scipy/*' '/usr/lib/python3/dist-packages/sympy/*' \
    '/usr/lib/python3/dist-packages/pythran/*' '/usr/lib/python3/dist-packages/numpy/*' \
    '/usr/bin/py3compile'; do
    unused+=("--dpkgopt=path-exclude=$path")
  done
  mapfile -t options < <(root_options "$settings")
  PATH=$tools:/usr/sbin:/usr/bin:/sbin:/bin:$PATH TMPDIR=/tmp mmdebstrap --variant=minbase --mode=root --format=directory --keyring="$keyring" "${options[@]}" \
    --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    "${unused[@]}" \
    --setup-hook='mkdir -p "$1/etc/apt/preferences.d" "$1/usr/sbin"' \
    --setup-hook='printf "Package: *\nPin: release n=bullseye\nPin-Priority: 100\n" > "$1/etc/apt/preferences.d/bullseye"' \
    --setup-hook='printf "#!/bin/sh\nexit 101\n" > "$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"' \
    --setup-hook='mkdir -p "$1/etc/postgresql-common"; echo "create_main_cluster = false" > "$1/etc/postgresql-common/createcluster.conf"' \
    --customize-hook='[ ! -x "$1/usr/bin/python3" ] || chroot "$1" python3 -m compileall -q /usr/lib/python3/dist-packages || true' \
    --include="$packages" bookworm "$target" \
    "deb [signed-by=$keyring] $mirror bookworm main" "deb [signed-by=$keyring] $mirror bullseye main"
}

# Nothing is configured, so nothing of these packages runs at build time. The shared library cache is all that they need.
root_bootstrap_forky() {
  set -euo pipefail
  local tools=$1 target=$2 mirror=$3 keyring=$4 packages=$5 settings=$6 options=()
  mapfile -t options < <(root_options "$settings")
  PATH=$tools:/usr/sbin:/usr/bin:/sbin:/bin:$PATH TMPDIR=/tmp mmdebstrap --variant=extract --mode=root --format=directory --keyring="$keyring" "${options[@]}" \
    --setup-hook='for part in bin sbin lib lib64; do mkdir -p "$1/usr/$part"; ln -s "usr/$part" "$1/$part"; done' \
    --customize-hook='rm -rf "$1/usr/share/man" "$1/usr/share/locale" "$1/usr/include"' \
    --customize-hook='cp "$1/usr/share/base-passwd/passwd.master" "$1/etc/passwd"; cp "$1/usr/share/base-passwd/group.master" "$1/etc/group"' \
    --customize-hook='chroot "$1" /sbin/ldconfig' \
    --include="base-files,base-passwd,libc-bin,bash,coreutils,sed,grep,util-linux,$packages" forky "$target" \
    "deb [signed-by=$keyring] $mirror forky main"
}

root_options() { # root_options APT_OPTIONS: prints what both roots tell mmdebstrap's apt, one a line
  local setting
  while read -r setting; do [ -z "$setting" ] || echo "--aptopt=$setting"; done <<<"$1"
  printf -- '--aptopt=%s\n' 'Acquire::Languages "none"' 'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false"' 'APT::Install-Recommends "false"'
}

root_run() {
  local binds=("$PWD" "$REPOSITORY" /tmp) root=bookworm
  if [ "${1:-}" = -r ]; then root=$2; shift 2; fi
  while [ "${1:-}" = -b ]; do binds+=("$2"); shift 2; done
  [ "${1:-}" = -- ] && shift
  [ -d "$(root_path "$root")" ] || fail "the private root $root is missing: run 'components install' first"
  if [ -n "${TMPDIR:-}" ]; then binds+=("$TMPDIR"); fi
  export RELAY_VIEW_BINDS
  RELAY_VIEW_BINDS=$(printf '%s\n' "${binds[@]}")
  # The pid that the caller knows is unshare's: killing it ends everything inside.
  exec unshare --mount --pid --ipc --fork --kill-child=SIGKILL --propagation private \
    /bin/bash "$LIBRARY/view.sh" "$(root_path "$root")" "$RELAY_LOCAL_DIR" "$PWD" "$@"
}
