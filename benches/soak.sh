#!/bin/sh
# Memory over a soak: `benches/soak.sh [SECONDS [CHANGES A SECOND]]`. Prints the resident memory of matchproof after 10 s and at the end,
# of a load over the whole guide against the simulator in its own process.
set -eu
seconds=${1:-600} rate=${2:-200}
cd "$(dirname "$0")/.."
program=${MATCHPROOF:-target/dist/matchproof}
folder=$(mktemp -d)
"$program" load load/soak --set soak="${seconds}s" --set changes="$rate/s" --no-progress --out "$folder/run" >"$folder/told" 2>&1 &
load=$!
trap 'kill $load 2>/dev/null || true; rm -rf "$folder"' EXIT
early= last=0 passed=0
while memory=$(awk '/^VmRSS/ { print $2 }' "/proc/$load/status" 2>/dev/null) && [ -n "$memory" ]; do
  [ $passed -eq 10 ] && early=$memory
  last=$memory passed=$((passed + 1))
  sleep 1
done
tail -n 1 "$folder/told"
echo "resident after 10 s: $early KiB; at the end, after $passed s: $last KiB"
