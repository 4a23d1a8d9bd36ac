# shellcheck shell=bash disable=SC2034,SC2154
# Everything within Relay: SQLite, an in-memory bus, a directory for objects, and the development issuer, which the configuration adds.

services_embedded=(guacd sshd)

embedded_prepare() { :; }

embedded_configure() {
  issuer=$base/realms/acme
  cat >"$state/backends.json" <<JSON
{
  "Relay": {
    "Identity": {
      "Issuers": [ { "Issuer": "$issuer", "Organisation": "acme", "Audience": "relay", "Browser": { "ClientId": "relay-web" } } ],
      "Development": {
        "BaseAddress": "$base",
        "Realms": [ {
          "Name": "acme",
          "Users": [
            { "UserName": "olivia", "Name": "Olivia Operator", "Email": "olivia@acme.example", "Password": "$(cat "$state/secrets/olivia")", "Acr": "2",
              "RealmRoles": ["relay-operator", "ssh-targets"] },
            { "UserName": "anton", "Name": "Anton Auditor", "Email": "anton@acme.example", "Password": "$(cat "$state/secrets/anton")",
              "RealmRoles": ["relay-auditor"] },
            { "UserName": "agnes", "Name": "Agnes Approver", "Email": "agnes@acme.example", "Password": "$(cat "$state/secrets/agnes")",
              "RealmRoles": ["relay-approver", "relay-reviewer"] },
            { "UserName": "sofia", "Name": "Sofia Security", "Email": "sofia@acme.example", "Password": "$(cat "$state/secrets/sofia")",
              "RealmRoles": ["relay-security-officer"] }
          ],
          "Clients": [
            { "ClientId": "relay-gateway", "Secret": "$(cat "$state/secrets/relay-gateway")", "Audiences": ["relay"],
              "ServiceAccountRoles": ["relay-gateway"] },
            { "ClientId": "relay-web", "Audiences": ["relay"] }
          ]
        } ]
      }
    }
  }
}
JSON
}

embedded_finish() { :; }
