# shellcheck shell=bash disable=SC2154
# What the auditor does with the bundle, and what the demo says in the end.
#
#   demo_take_pdf    copies the report's PDF out of the bundle
#   demo_verify      checks the bundle offline, twice; sets fingerprint, verdict
#   demo_close       prints where everything is
#   demo_stay        until Ctrl-C, or until relay ends

demo_take_pdf() {
  pdf=$out/report.pdf
  (root_run -b "$out" -- python3 -c '
import sys, zipfile
bundle, target = sys.argv[1:]
with zipfile.ZipFile(bundle) as files, open(target, "wb") as pdf:
    pdf.write(files.read("report.pdf"))' "$bundle" "$pdf") || fail "the bundle holds no report.pdf"
}

demo_verify() {
  local code=0
  # From the service's own keys, not from the bundle: an auditor has it from a letter, a web page, a colleague.
  fingerprint=$(relay keys fingerprint --organisation acme --data "$state/data")
  say "checking the bundle offline with relay-verify, trusting $fingerprint"
  verdict=0
  relay_verify "$bundle" --trust "$fingerprint" --known-head "$out/known-head.jws" >"$out/relay-verify.txt" || verdict=$?
  sed 's/^/         /' "$out/relay-verify.txt" >&2
  say "relay-verify ended with $verdict"
  second=none
  if [ -f "$REPOSITORY/tests/second-verifier/verify.py" ]; then
    (root_run -b "$out" -- python3 "$REPOSITORY/tests/second-verifier/verify.py" "$bundle" --trust "$fingerprint" \
      --known-head "$out/known-head.jws") >"$out/second-verifier.txt" || code=$?
    second=$code
    say "the second verifier, written in Python from the format's page alone, ended with $second"
    [ "$second" = "$verdict" ] || fail "the two verifiers disagree: one of them is wrong"
  fi
}

demo_close() {
  if [ -n "$json" ]; then
    printf '{"recording":"%s","pdf":"%s","bundle":"%s","knownHead":"%s","fingerprint":"%s","session":"%s","relayVerify":%s,"secondVerifier":"%s","seconds":%s}\n' \
      "$out/$session.guac.gz" "$pdf" "$bundle" "$out/known-head.jws" "$fingerprint" "$session" "$verdict" "$second" "$((EPOCHSECONDS - RELAY_BEGUN))"
    return 0
  fi
  cat <<LINES
recording    $out/$session.guac.gz (zcat gives what any Guacamole player plays)
report       $pdf
bundle       $bundle
known head   $out/known-head.jws
fingerprint  $fingerprint
verdict      relay-verify ended with $verdict, the second verifier with $second; the check again:
             dotnet $PROGRAMS/OpenOva.Relay.Verify/debug/relay-verify.dll $bundle --trust $fingerprint --known-head $out/known-head.jws
LINES
}

demo_stay() {
  cat >&2 <<LINES

Relay stays up until Ctrl-C.
  pages            $base/  (organisation acme)
  probes, metrics  $base/readyz  $base/metrics
  gRPC             http://127.0.0.1:$grpc_port (cleartext HTTP/2, with reflection)
  issuer           $issuer
  people           olivia (operator), agnes (approver, reviewer), sofia (security officer), anton (auditor); passwords in $state/secrets/NAME
  gateway          client relay-gateway, secret in $state/secrets/relay-gateway
  a session        dotnet $PROGRAMS/OpenOva.Relay.GatewayClient/debug/relay-gateway-client.dll open --connection ssh-target \\
                     --purpose 'A look' --type 'uptime\\n' --relay http://127.0.0.1:$grpc_port --issuer $issuer \\
                     --client-secret-file $state/secrets/relay-gateway --user olivia --password-file $state/secrets/olivia
LINES
  process_wait "$running/relay" || true
}
