#!/usr/bin/env bash
# The Provisioning API with curl: a token, an account, 100 numbers in one request, pages, a change guarded by If-Match, safe retries.
#   . DIR/env && examples/provision.sh          (DIR/env is written by ./dev run)
# Needs curl, and python3 to make and read JSON.
set -euo pipefail
: "${NUMGATE_URL:?source the env file that ./dev run wrote}"
account=${1:-example-curl}
version=api-version=2024-02-29-preview
retry_wait=${NUMGATE_RETRY_WAIT:-60} # seconds; shorter in tests
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
header() { sed -n "s/^$1: *\(.*\)\r\$/\1/Ip" "$work/headers"; }

# Secrets go through a file that only we can read, so that they are in no process list.
umask 077
cat >"$work/form" <<EOF
grant_type=client_credentials&client_id=$NUMGATE_ADMIN_CLIENT_ID&client_secret=$NUMGATE_ADMIN_CLIENT_SECRET&scope=$NUMGATE_SCOPE
EOF
token=$(curl -sS --fail-with-body --cacert "$NUMGATE_CA" -d @"$work/form" \
    "$NUMGATE_AUTHORITY/$NUMGATE_TENANT/oauth2/v2.0/token" | field access_token)
printf 'header = "Authorization: Bearer %s"\nheader = "Content-Type: application/json"\n' "$token" >"$work/curlrc"

# One request: its status is in $status, the answer in $work/body and $work/headers. By the API's retry rule it waits as long as Retry-After
# says on 429 and 503, and $retry_wait after no connection, no answer, a cut answer and any other 5xx but 501; then the same is sent again.
# Each curl is a new process, so it looks the name up and opens a connection of its own.
api() {
    local attempt wait failed
    for attempt in 1 2 3 4 5; do
        failed=''
        : >"$work/headers"
        status=$(curl -sS --max-time 30 --cacert "$NUMGATE_CA" -K "$work/curlrc" -D "$work/headers" -o "$work/body" -w '%{http_code}' "$@" 2>"$work/why") ||
            failed=$(cat "$work/why")
        wait=$(header retry-after)
        case ${failed:+failed}$status in
        429 | 503) wait=${wait:-$retry_wait} ;;
        failed* | 500 | 502 | 504 | 505) wait=$retry_wait ;;
        *) break ;;
        esac
        [ "$attempt" -lt 5 ] || break
        echo "  ${failed:-$status}; again in $wait s" >&2
        sleep "$wait"
    done
    [ -z "$failed" ] || { echo "$failed" >&2; return 1; }
}
expect() { # STATUS (a pattern), and the arguments of api
    local expected=$1
    shift
    api "$@"
    # shellcheck disable=SC2053
    [[ $status == $expected ]] || { echo "$status instead of $expected:" >&2; cat "$work/body" >&2; exit 1; }
}
# A change carries the same two headers at each attempt, so it is done once, whatever became of the first answer.
once() {
    printf 'Repeatability-Request-ID: %s\nRepeatability-First-Sent: %s\n' "$(cat /proc/sys/kernel/random/uuid)" \
        "$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT')" >"$work/once"
}

echo "account"
once
expect "20[01]" -X PUT "$NUMGATE_URL/accounts/$account?$version" -H @"$work/once" \
    -d "{\"name\": \"$account\", \"serviceDetails\": {\"zoomPhoneCloudPeering\": {\"enabled\": true, \"syncEnabled\": false}}}"
echo "$status"

echo "100 numbers in one request; with the two Repeatability headers it may be sent again without doing it twice"
python3 - "$account" >"$work/numbers.json" <<'EOF'
import json, sys
print(json.dumps({"numbers": [{"telephoneNumber": f"+4930555{n:04}", "accountName": sys.argv[1],
                               "serviceDetails": {"zoomPhoneCloudPeering": {"enabled": True}}} for n in range(100)]}))
EOF
once
for attempt in 1 2; do
    expect 200 -X POST "$NUMGATE_URL/accounts/$account:createOrUpdateNumbers?$version" -d @"$work/numbers.json" -H @"$work/once"
    echo "attempt $attempt: $status"
    echo "Repeatability-Result: $(header repeatability-result)"
done

echo "pages of 40"
next="$NUMGATE_URL/accounts/$account/numbers?$version&maxpagesize=40"
while [ -n "$next" ]; do
    expect 200 "$next"
    next=$(python3 -c 'import json, sys; p = json.load(sys.stdin); print(len(p["value"]), file=sys.stderr); print(p.get("nextLink", ""))' <"$work/body")
done

echo "one number, changed only if nobody else changed it since"
one="$NUMGATE_URL/accounts/$account/numbers/+49305550007?$version"
expect 200 "$one"
etag=$(header etag)
python3 -c 'import json, sys; n = json.load(sys.stdin); n["configuration"] = {"customSipHeader": "desk-7"}; print(json.dumps(n))' \
    <"$work/body" >"$work/changed"
once
expect 200 -X PUT "$one" -H "If-Match: $etag" -d @"$work/changed" -H @"$work/once"
field configuration <"$work/body"
echo "another change with the old ETag is refused"
once
expect 412 -X PUT "$one" -H "If-Match: $etag" -d @"$work/changed" -H @"$work/once"
echo "$status"

echo "away with the account and its numbers"
once
expect 204 -X DELETE "$NUMGATE_URL/accounts/$account?$version&deleteNumbers=true" -H @"$work/once"
echo "$status"
