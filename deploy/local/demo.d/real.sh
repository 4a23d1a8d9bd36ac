# shellcheck shell=bash disable=SC2034,SC2154
# PostgreSQL, RabbitMQ, S3 and an OpenID provider in Keycloak's shape: what a deployment configures, on this machine.

services_real=(guacd sshd postgresql rabbitmq s3 oidc)

# The passwords and the client's secret are this demo's; the provider keeps what it finds in its state.
real_prepare() {
  local oidc=$state/components/oidc
  (umask 077
    mkdir -p "$oidc/passwords/acme" "$oidc/clients/acme"
    cp "$state/secrets/"{olivia,anton,agnes,sofia} "$oidc/passwords/acme"
    cp "$state/secrets/relay-gateway" "$oidc/clients/acme")
}

real_configure() {
  local of=$state/components duty identities=''
  issuer=$(cat "$of/oidc/issuers/acme")
  for duty in Writer Retention Hold Bypass; do
    identities+=", \"$duty\": { \"AccessKeyFile\": \"$of/s3/${duty,,}/access-key\", \"SecretKeyFile\": \"$of/s3/${duty,,}/secret-key\" }"
  done
  cat >"$state/backends.json" <<JSON
{
  "Relay": {
    "Database": { "Postgres": "$(cat "$of/postgresql/connection-string")" },
    "Identity": {
      "Issuers": [ {
        "Issuer": "$issuer", "Organisation": "acme", "Audience": "relay", "Browser": { "ClientId": "relay-web" },
        "Recheck": { "ClientId": "relay-recheck", "SecretFile": "$of/oidc/clients/acme/relay-recheck" }
      } ]
    },
    "Bus": { "Url": "$(cat "$of/rabbitmq/url")", "User": "$(cat "$of/rabbitmq/user")", "PasswordFile": "$of/rabbitmq/password" },
    "ObjectStorage": { "S3": { "Endpoint": "http://$(cat "$of/s3/address")"$identities } }
  }
}
JSON
}

# Where the provider sends browsers back to: the port is this demo's own.
real_admit_pages() {
  local body="{\"redirectUris\":[\"$base/auth/callback\"]}" address reply
  address=$(cat "$state/components/oidc/address")
  exec 3<>"/dev/tcp/${address%:*}/${address##*:}"
  printf 'POST /_control/realms/acme/clients/relay-web HTTP/1.0\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n%s' \
    "$(cat "$state/components/oidc/control-secret")" "${#body}" "$body" >&3
  read -r -t 10 reply <&3 || true
  exec 3>&-
  case $reply in 'HTTP/1.1 200'* | 'HTTP/1.0 200'*) ;; *) fail "the provider does not take the pages' address: $reply" ;; esac
}

real_finish() {
  real_admit_pages
  local files=(--config "$state/relay.json" --config "$state/backends.json")
  say "setting up the buckets with Object Lock (relay store init), and the database (relay migrate)"
  relay store init "${files[@]}" --access-key-file "$state/components/s3/admin/access-key" \
    --secret-key-file "$state/components/s3/admin/secret-key" >"$state/store-init.log" ||
    { cat "$state/store-init.log" >&2; fail "the buckets could not be set up"; }
  relay migrate "${files[@]}" >"$state/migrate.log" || { cat "$state/migrate.log" >&2; fail "the database could not be set up"; }
}
