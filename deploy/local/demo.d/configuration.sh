# shellcheck shell=bash disable=SC2154
# What Relay is told: one JSON file, one connection, and secrets in files.
#
#   demo_start_components    guacd and sshd, fresh
#   demo_configure           sets http_port, grpc_port, base; writes STATE/relay.json, STATE/connections, STATE/secrets

random() { head -c 24 /dev/urandom | base64 -w0 | tr '+/' '-_'; }

demo_start_components() {
  say "starting guacd and an SSH target"
  process_spawn "$running/start" "$HERE/components" start guacd sshd --state "$state/components" --port any >"$state/components.log"
  process_wait "$running/start" || fail "the components did not start"
  rm -f "$running/start"
}

demo_configure() {
  local guacd sshd
  guacd=$(cat "$state/components/guacd/address") sshd=$(cat "$state/components/sshd/address")
  http_port=$(port_pick) grpc_port=$(port_pick)
  while [ "$grpc_port" = "$http_port" ]; do grpc_port=$(port_pick); done
  base=http://127.0.0.1:$http_port
  mkdir -p "$state/connections" "$state/secrets/ssh-target"
  cp "$state/components/sshd/password" "$state/secrets/ssh-target/password"
  for name in olivia anton relay-gateway; do random >"$state/secrets/$name"; done

  cat >"$state/connections/ssh-target.yaml" <<YAML
apiVersion: catalyst.openova.io/v1alpha1
kind: GuacamoleConnection
metadata:
  name: ssh-target
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
  parameters:
    host-key: "$(cat "$state/components/sshd/guacd-host-key")"
    username: relaytest
  secretRef:
    password: { file: ssh-target/password }
YAML

  cat >"$state/relay.json" <<JSON
{
  "Relay": {
    "Data": "$state/data",
    "Web": { "Address": "127.0.0.1", "HttpPort": $http_port, "GrpcPort": $grpc_port, "StopTimeout": "00:00:10" },
    "Sessions": { "GuacdHost": "${guacd%:*}", "GuacdPort": ${guacd##*:}, "Replica": "demo" },
    "Connections": { "Folder": "$state/connections", "SecretFolders": ["$state/secrets"] },
    "Reports": {
      "WeasyPrint": "$HERE/weasyprint",
      "Assurance": { "Version": "demo", "RequiredLevel": 2, "Levels": [ { "Issuer": "$base/realms/acme", "Acr": "2", "Level": 2 } ] }
    },
    "Identity": {
      "Issuers": [ { "Issuer": "$base/realms/acme", "Organisation": "acme", "Audience": "relay" } ],
      "Development": {
        "BaseAddress": "$base",
        "Realms": [ {
          "Name": "acme",
          "Users": [
            { "UserName": "olivia", "Name": "Olivia Operator", "Email": "olivia@acme.example", "Password": "$(cat "$state/secrets/olivia")", "Acr": "2",
              "RealmRoles": ["relay-operator", "ssh-targets"] },
            { "UserName": "anton", "Name": "Anton Auditor", "Email": "anton@acme.example", "Password": "$(cat "$state/secrets/anton")",
              "RealmRoles": ["relay-auditor"] }
          ],
          "Clients": [
            { "ClientId": "relay-gateway", "Secret": "$(cat "$state/secrets/relay-gateway")", "Audiences": ["relay"],
              "ServiceAccountRoles": ["relay-gateway"] }
          ]
        } ]
      }
    }
  }
}
JSON
}
