# Sums one VSTest .trx file. Prints "TOTAL passed failed skipped", and one line "FAILED|SKIPPED|UNLISTED <tab> test <tab> message" each.
# Called as: awk -f results.awk ALLOWED_SKIPS FILE.trx. Every record begins behind a "<": the writer escapes it everywhere else.
function attribute(name,   start, rest) {
  start = index($0, " " name "=\"")
  if (!start) return ""
  rest = substr($0, start + length(name) + 3)
  return substr(rest, 1, index(rest, "\"") - 1)
}
function plain(text) {
  gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&apos;/, "'", text)
  gsub(/&#x[0-9A-Fa-f]+;/, " ", text); gsub(/&amp;/, "\\&", text); gsub(/[ \t\r\n]+/, " ", text)
  sub(/^ /, "", text); sub(/ $/, "", text)
  return text
}
function settle(   key, listed) {
  if (outcome == "") return
  if (outcome == "Passed") passed++
  else if (outcome == "NotExecuted") {
    listed = 0
    for (key in allowed) if (index(message, key) == 1) listed = 1
    if (listed) { skipped++; printf "SKIPPED\t%s\t%s\n", name, message }
    else { failed++; printf "UNLISTED\t%s\t%s\n", name, message }
  } else { failed++; printf "FAILED\t%s\t%s\n", name, substr(message, 1, 600) }
  outcome = ""; message = ""
}
BEGIN { passed = failed = skipped = 0; FS = "\t" }
FNR == 1 { file++; if (file == 2) complete = 0 }
file == 1 { if ($0 !~ /^#/ && NF >= 2 && $1 != "" && $2 != "") allowed[$1] = 1; next }
/^UnitTestResult[ \t\r\n]/ {
  # A theory's inner results are counted one by one; the outer one (it has a resultType) is not among xunit's.
  settle(); outcome = attribute("outcome"); name = plain(attribute("testName")); if (outcome == "") outcome = "Failed"; next
}
# What a test printed comes as messages too, before what it failed of.
/^ErrorInfo[ \t\r\n>]/ { isError = 1; next }
/^Message>/ { if (outcome != "" && (message == "" || isError)) message = plain(substr($0, 9)); isError = 0; next }
/^\/Results>/ { settle(); next }
/^\/TestRun>/ { complete = 1 }
END {
  settle()
  if (!complete) { failed++; print "FAILED\t(the results file is cut off)\t" FILENAME }
  printf "TOTAL\t%d\t%d\t%d\n", passed, failed, skipped
}
