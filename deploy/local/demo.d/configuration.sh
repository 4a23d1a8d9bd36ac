# shellcheck shell=bash disable=SC2154
# What Relay is told: JSON files, one connection, and secrets in files. What depends on the back ends is in embedded.sh and real.sh, which
# define 'BACKENDS_prepare': before the components start; 'BACKENDS_configure': sets issuer, writes STATE/backends.json; 'BACKENDS_finish':
# what is left to set up before Relay is served; and services_BACKENDS, the components to start.
#
#   demo_start_components    guacd, sshd and what the back ends need, fresh
#   demo_configure           sets http_port, grpc_port, base, issuer; writes STATE/relay.json, STATE/backends.json, STATE/connections, STATE/secrets

random() { head -c 24 /dev/urandom | base64 -w0 | tr '+/' '-_'; }

demo_start_components() {
  say "starting ${services[*]}"
  mkdir -p "$state/secrets/ssh-target"
  for name in olivia anton agnes sofia relay-gateway; do random >"$state/secrets/$name"; done
  "${backends}_prepare"
  process_spawn "$running/start" "$HERE/components" start "${services[@]}" --state "$state/components" --port any >"$state/components.log"
  process_wait "$running/start" || fail "the components did not start"
  rm -f "$running/start"
}

# connection_to NAME [MORE]: a connection to the SSH target, with further lines of its spec.
connection_to() {
  cat <<YAML
apiVersion: catalyst.openova.io/v1alpha1
kind: GuacamoleConnection
metadata:
  name: $1
  labels:
    catalyst.openova.io/organization: acme
spec:
  protocol: ssh
  hostname: ${sshd%:*}
  port: ${sshd##*:}
  audience:
    keycloakRoles: [ssh-targets]
  recording:
    enabled: true
    retentionDays: 365
  channels:
    clipboardIn: true
    clipboardOut: true
  parameters:
    host-key: "$(cat "$state/components/sshd/guacd-host-key")"
    username: relaytest
${2-}  secretRef:
    password: { file: ssh-target/password }
YAML
}

demo_configure() {
  local guacd sshd
  guacd=$(cat "$state/components/guacd/address") sshd=$(cat "$state/components/sshd/address")
  http_port=$(port_pick) grpc_port=$(port_pick)
  while [ "$grpc_port" = "$http_port" ]; do grpc_port=$(port_pick); done
  base=http://127.0.0.1:$http_port
  mkdir -p "$state/connections"
  cp "$state/components/sshd/password" "$state/secrets/ssh-target/password"
  "${backends}_configure"

  connection_to ssh-target >"$state/connections/ssh-target.yaml"
  # The same machine, behind the approval of another person.
  connection_to ssh-approved $'  jit:\n    requiredApprovers: [relay-approver]\n    maxDurationMinutes: 60\n' >"$state/connections/ssh-approved.yaml"

  cat >"$state/relay.json" <<JSON
{
  "Relay": {
    "Data": "$state/data",
    "Web": { "Address": "127.0.0.1", "HttpPort": $http_port, "GrpcPort": $grpc_port, "StopTimeout": "00:00:10" },
    "Sessions": { "GuacdHost": "${guacd%:*}", "GuacdPort": ${guacd##*:}, "Replica": "demo" },
    "Connections": { "Folder": "$state/connections", "SecretFolders": ["$state/secrets"] },
    "Reports": {
      "WeasyPrint": "$HERE/weasyprint",
      "Assurance": { "Version": "demo", "RequiredLevel": 2, "Levels": [ { "Issuer": "$issuer", "Acr": "2", "Level": 2 } ] }
    }
  }
}
JSON
  "${backends}_finish"
}
