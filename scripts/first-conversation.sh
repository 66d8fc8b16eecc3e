#!/usr/bin/env bash
# A clean clone of the current commit, until the demo's conversation is on the page: prints the seconds that it took.
# Fails beyond 90 seconds. The one argument is another limit.
set -euo pipefail

limit=${1:-90}
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/spanport-first.XXXXXX")
export XDG_DATA_HOME=$work/data NO_COLOR=1 OPENAI_API_KEY= OPENAI_BASE_URL=
gateway=
trap '[ -z "$gateway" ] || kill "$gateway" 2>/dev/null || true; wait; rm -rf "$work"' EXIT

began=$SECONDS
git clone --quiet "$repository" "$work/spanport"
cd "$work/spanport"
npm ci --silent --no-audit --no-fund
installed=$SECONDS
npm run --silent build
built=$SECONDS
# What `npm start` runs after the build, on a free port.
node dist/cli/main.js up --demo --port 0 --data "$work/store" >"$work/output" &
gateway=$!

until grep -q 'until Ctrl-C' "$work/output"; do
  kill -0 "$gateway" || { cat "$work/output"; exit 1; }
  [ $((SECONDS - began)) -lt 1100 ] || { cat "$work/output"; exit 1; }
  sleep 0.2
done
first=$(head -1 "$work/output")
page=${first#The page: }
curl -sf "$page" | grep -q '<title>'
# What the demo sent is on the list a moment after its end.
until conversations=$(curl -sf "$page/api/conversations") && [[ $conversations == *'Lisbon'* ]]; do
  [ $((SECONDS - began)) -lt 1100 ] || { echo "The page has no conversation: $conversations"; exit 1; }
  sleep 0.2
done

took=$((SECONDS - began))
echo "From a clean clone to a conversation on the page: $took s (limit $limit s)."
echo "Clone and npm ci $((installed - began)) s, build $((built - installed)) s, start $((SECONDS - built)) s."
[ "$took" -le "$limit" ]
