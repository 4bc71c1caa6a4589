#!/usr/bin/env bash
# The Provisioning API with curl: a token, an account, 100 numbers in one request, pages, a change guarded by If-Match, a safe retry.
#   . DIR/env && examples/provision.sh          (DIR/env is written by ./dev run)
# Needs curl, and python3 to make and read JSON.
set -euo pipefail
: "${NUMGATE_URL:?source the env file that ./dev run wrote}"
account=${1:-example-curl}
version=api-version=2024-02-29-preview
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

# Secrets go through a file that only we can read, so that they are in no process list.
umask 077
cat >"$work/form" <<EOF
grant_type=client_credentials&client_id=$NUMGATE_ADMIN_CLIENT_ID&client_secret=$NUMGATE_ADMIN_CLIENT_SECRET&scope=$NUMGATE_SCOPE
EOF
token=$(curl -sS --fail-with-body --cacert "$NUMGATE_CA" -d @"$work/form" \
    "$NUMGATE_AUTHORITY/$NUMGATE_TENANT/oauth2/v2.0/token" | field access_token)
printf 'header = "Authorization: Bearer %s"\nheader = "Content-Type: application/json"\n' "$token" >"$work/curlrc"

# Fails on 4xx and 5xx, but shows what the server said; waits as long as Retry-After asks for on 429 and 503.
api() { curl -sS --fail-with-body --retry 3 --cacert "$NUMGATE_CA" -K "$work/curlrc" "$@"; }

echo "account"
api -X PUT "$NUMGATE_URL/accounts/$account?$version" -w '\n%{http_code}\n' -d @- <<EOF
{"name": "$account", "serviceDetails": {"zoomPhoneCloudPeering": {"enabled": true, "syncEnabled": false}}}
EOF

echo "100 numbers in one request; with the two Repeatability headers it may be sent again without doing it twice"
python3 - "$account" >"$work/numbers.json" <<'EOF'
import json, sys
print(json.dumps({"numbers": [{"telephoneNumber": f"+4930555{n:04}", "accountName": sys.argv[1],
                               "serviceDetails": {"zoomPhoneCloudPeering": {"enabled": True}}} for n in range(100)]}))
EOF
id=$(cat /proc/sys/kernel/random/uuid)
now=$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT')
for attempt in 1 2; do
    api -X POST "$NUMGATE_URL/accounts/$account:createOrUpdateNumbers?$version" -d @"$work/numbers.json" -o /dev/null \
        -H "Repeatability-Request-ID: $id" -H "Repeatability-First-Sent: $now" \
        -D "$work/headers" -w "attempt $attempt: %{http_code}\n"
    grep -i '^repeatability-result' "$work/headers"
done

echo "pages of 40"
next="$NUMGATE_URL/accounts/$account/numbers?$version&maxpagesize=40"
while [ -n "$next" ]; do
    api "$next" >"$work/page"
    next=$(python3 -c 'import json, sys; p = json.load(sys.stdin); print(len(p["value"]), file=sys.stderr); print(p.get("nextLink", ""))' <"$work/page")
done

echo "one number, changed only if nobody else changed it since"
one="$NUMGATE_URL/accounts/$account/numbers/+49305550007?$version"
api -D "$work/headers" "$one" >"$work/number"
etag=$(sed -n 's/^etag: *\(.*\)\r$/\1/Ip' "$work/headers")
python3 -c 'import json, sys; n = json.load(sys.stdin); n["configuration"] = {"customSipHeader": "desk-7"}; print(json.dumps(n))' \
    <"$work/number" >"$work/changed"
api -X PUT "$one" -H "If-Match: $etag" -d @"$work/changed" | field configuration
echo "the same again with the old ETag is refused"
curl -sS --cacert "$NUMGATE_CA" -K "$work/curlrc" -X PUT "$one" -H "If-Match: $etag" -d @"$work/changed" -o /dev/null -w '%{http_code}\n'

echo "away with the account and its numbers"
api -X DELETE "$NUMGATE_URL/accounts/$account?$version&deleteNumbers=true" -w '%{http_code}\n'
