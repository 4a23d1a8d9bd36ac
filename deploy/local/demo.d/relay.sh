# shellcheck shell=bash disable=SC2154
# Relay as a service, and the gateway's backend that calls it.
#
#   demo_serve                      starts relay and waits until it is ready
#   client PERSON VERB OPTIONS…     the gateway client as that person; standard output is its result
#   json_text NAME                  prints a text member of the JSON object on standard input

json_text() { sed -nE "s/.*\"$1\":\"([^\"]*)\".*/\1/p"; }

demo_serve() {
  local deadline=$((SECONDS + 60)) reply
  say "starting relay (log: $out/relay.log)"
  process_spawn "$running/relay" dotnet "$PROGRAMS/OpenOva.Relay/debug/relay.dll" serve --config "$state/relay.json" --config "$state/backends.json" --environment Development >"$state/relay.log" 2>&1
  while :; do
    process_alive "$running/relay" || { tail -n 20 "$state/relay.log" >&2; fail "relay did not start"; }
    reply=$(http_get /readyz) || reply=''
    case $reply in 'HTTP/1.1 200'*) break ;; esac
    [ "$SECONDS" -lt "$deadline" ] || { tail -n 20 "$state/relay.log" >&2; fail "relay is not ready: ${reply##*$'\r\n'}"; }
    sleep 0.2
  done
  say "relay is ready: $base, gRPC at http://127.0.0.1:$grpc_port"
}

# A minimal machine has no curl.
http_get() {
  exec 3<>"/dev/tcp/127.0.0.1/$http_port" || return 1
  printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' "$1" >&3
  cat <&3
  exec 3>&-
} 2>/dev/null

client() {
  local person=$1 verb=$2 code=0
  shift 2
  process_spawn "$running/client" dotnet "$PROGRAMS/OpenOva.Relay.GatewayClient/debug/relay-gateway-client.dll" "$verb" \
    --relay "http://127.0.0.1:$grpc_port" --issuer "$issuer" --client-secret-file "$state/secrets/relay-gateway" \
    --user "$person" --password-file "$state/secrets/$person" "$@"
  process_wait "$running/client" || code=$?
  rm -f "$running/client"
  [ "$code" -eq 0 ] || fail "$person: $verb ended with exit code $code"
}
