#!/bin/sh
# Measures the receiver: `benches/receiver.sh PROGRAM`, the program being what `cargo bench --bench receiver --no-run` names.
# The receiver is pinned to core 0 with its journal, the sender to core 1; RECEIVER_CORE and SENDER_CORE name others.
set -eu
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkfifo "$folder/stop"
taskset -c "${RECEIVER_CORE:-0}" "$program" serve "$folder/run" 10000 <"$folder/stop" >"$folder/said" &
exec 3>"$folder/stop"
until address=$(grep -m 1 '^127' "$folder/said"); do sleep 0.1; done
taskset -c "${SENDER_CORE:-1}" "$program" delay "$address" 10
taskset -c "${SENDER_CORE:-1}" "$program" send "$address" 64 10
exec 3>&-
wait
cat "$folder/said"
