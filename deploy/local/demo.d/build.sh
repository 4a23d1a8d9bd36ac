# shellcheck shell=bash
# Installs the components that are needed (services, set by embedded.sh or real.sh) and builds what the demo runs, at the same time.
# Both leave alone what is up to date.
#
#   demo_install_and_build
#   relay | relay_verify ARGUMENTS…    two of the programs that were built

PROGRAMS=$REPOSITORY/artifacts/bin
relay() { dotnet "$PROGRAMS/OpenOva.Relay/debug/relay.dll" "$@"; }
relay_verify() { dotnet "$PROGRAMS/OpenOva.Relay.Verify/debug/relay-verify.dll" "$@"; }

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDDISABLENODEREUSE=1
export DOTNET_CLI_USE_MSBUILD_SERVER=0 DOTNET_CLI_UI_LANGUAGE=en

demo_install_and_build() {
  process_spawn "$running/install" "$HERE/components" install weasyprint python "${services[@]}"
  say "building Relay (log: $out/build.log)"
  process_spawn "$running/build" dotnet build "$HERE/demo.slnf" --disable-build-servers -m:2 -v quiet >"$state/build.log" 2>&1
  if ! process_wait "$running/build"; then
    grep -E 'error|warning' "$state/build.log" | sort -u | head -n 40 >&2 || tail -n 40 "$state/build.log" >&2
    fail "the build failed"
  fi
  rm -f "$running/build"
  say "built"
  process_wait "$running/install" || fail "the components could not be installed"
  rm -f "$running/install"
}
