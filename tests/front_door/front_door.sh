#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Uses the commands as a user does: through run.sh, with the program that was just built
# (DIRTYPIN_BINARY). Afterwards the machine must be what it was before. Needs root, no network.
set -uo pipefail

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
run=$source_dir/run.sh
: "${DIRTYPIN_BINARY:?names the program to test}"
export DIRTYPIN_BINARY

if ((EUID != 0)); then
	echo "skipped: mounting scratch images needs root (try: sudo ./run.sh test -R front_door)"
	exit 77
fi

# Settings of whoever runs the tests must not decide them.
for name in $(compgen -e DIRTYPIN_ || true); do
	[[ $name == DIRTYPIN_BINARY ]] || unset "$name"
done
work=$(mktemp -d /tmp/dirtypin-front-door-XXXXXX)
chmod 755 "$work"
cd "$work" || exit 1
# A journal and a scratch directory of its own: another run of the suite may be alive.
export DIRTYPIN_STATE_DIR=$work/state
export DIRTYPIN_SCRATCH=$work/scratch

shared=
finish() {
	[[ -z $shared ]] || rm -rf "$shared"
	cd / && rm -rf "$work"
}
trap finish EXIT

failed=0
checks=0

fail() {
	echo "not ok: $*"
	[[ ! -s out ]] || sed 's/^/  out: /' out | tail -20
	[[ ! -s err ]] || sed 's/^/  err: /' err | tail -20
	failed=$((failed + 1))
}

# expect CODE WHAT COMMAND...: leaves its output in out and err.
expect() {
	local want=$1 what=$2 code=0
	shift 2
	checks=$((checks + 1))
	"$@" >out 2>err || code=$?
	if [[ $code == "$want" ]]; then
		echo "ok: $what"
	else
		fail "$what: exit code $code, not $want"
	fi
}

# The front door without root. The source tree may lie where only root can go (/root), so from a copy.
as_nobody() {
	mkdir -p "$work/open"
	cp "$source_dir/run.sh" "$DIRTYPIN_BINARY" "$work/open/"
	setpriv --reuid=65534 --clear-groups \
		env DIRTYPIN_BINARY="$work/open/${DIRTYPIN_BINARY##*/}" "$work/open/run.sh" "$@"
}

# check WHAT COMMAND...: the command succeeds.
check() {
	local what=$1
	shift
	checks=$((checks + 1))
	if "$@"; then
		echo "ok: $what"
	else
		fail "$what"
	fi
}

lines_are() {
	[[ $(wc -l <"$1") -eq $2 ]]
}

# What a run may change, as text. Loop devices and mounts of others come and go: ours have our path.
snapshot() {
	grep -F "$work" /proc/self/mountinfo
	grep -lF "$work" /sys/block/loop*/loop/backing_file 2>/dev/null
	ls -d "$DIRTYPIN_SCRATCH" "$DIRTYPIN_STATE_DIR"/* 2>/dev/null
	ls -d /sys/kernel/tracing/instances/dirtypin* 2>/dev/null
	grep -H . /proc/sys/vm/dirty_* /proc/sys/vm/nr_hugepages
	awk 'NR > 1 { print $1 }' /proc/swaps
}

same_machine() {
	snapshot >after
	diff before after
}

bundle_says() {
	grep -q "\"complete\": $2" "$1/run.json"
}

verdicts_are() {
	! grep -vq "\"verdict\":\"$2\"" <(grep -v 'started, never finished' "$1/cases.jsonl")
}

### what needs no machine

expect 0 "help" "$run" help
check "help names every command" grep -q 'run.sh replay BUNDLE CASE-ID' out
for command in run list repro replay bench vm matrix report new test help; do
	expect 0 "$command --help" "$run" "$command" --help
	check "$command --help has a usage line" grep -q "usage: ./run.sh $command" out
done
expect 0 "--version" "$run" --version
expect 64 "an unknown option" "$run" --sede 4
check "its nearest one is named in one line" grep -q 'did you mean seed' err
check "one line on stderr" lines_are err 1
check "nothing on stdout" lines_are out 0
expect 64 "an unknown command" "$run" lst
check "one line on stderr" lines_are err 1
expect 64 "an unknown case" "$run" run nonsense/anon/quiet@ext4
check "one line on stderr" lines_are err 1
expect 64 "an unreadable bundle" "$run" report "$work/nothing"
check "one line on stderr" lines_are err 1
expect 64 "bench without --self" "$run" bench '*'
check "one line on stderr" lines_are err 1

expect 0 "list" "$run" list
names_in() {
	awk -v room="$1" '/^[^ ]/ { here = $1 == room } here && /^  [a-z]/ { n++ }
		END { print n + 0 }' out
}
for pair in workloads:bench stressors:stress reproducers:reproducers; do
	files=$(find "$source_dir/${pair#*:}" -name '*.c' -exec grep -lE '^(WORKLOAD|STRESSOR|REPRODUCER)\(' {} + | wc -l)
	check "list has all $files files of ${pair#*:}/" test "$(names_in "${pair%%:*}")" -eq "$files"
done
expect 0 "list --json" "$run" list --json

snapshot >before
expect 0 "--dry-run" "$run" --dry-run --seed 7
cp out plan
check "it prints a plan" grep -q '@ext4.* seed=0x' plan
expect 0 "--dry-run again" "$run" --dry-run --seed 7
check "the same seed gives the same plan" cmp -s plan out
expect 0 "--dry-run with another seed" "$run" --dry-run --seed 8
check "another seed gives another plan" bash -c '! cmp -s plan out'
expect 0 "--dry-run without root" as_nobody --dry-run --seed 7
check "it prints a plan" grep -q ' seed=0x' out
check "nothing was changed" same_machine

### new, in a source tree of its own

mkdir -p tree/bench tree/stress tree/reproducers tree/docs
cp -r "$source_dir/docs/templates" tree/docs/
export DIRTYPIN_SOURCE=$work/tree
for pair in workload:bench stressor:stress reproducer:reproducers; do
	file=tree/${pair#*:}/front_door_sample.c
	expect 0 "new ${pair%%:*}" "$run" new "${pair%%:*}" front_door_sample
	check "it has its name in it" grep -q '(front_door_sample) = {' "$file"
	check "it compiles" cc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter -Werror \
		-I"$source_dir" -fsyntax-only "$file"
	expect 64 "new ${pair%%:*} over an existing file" "$run" new "${pair%%:*}" front_door_sample
done
expect 64 "new workload with an existing name" "$run" new workload odirect
expect 64 "new workload with a bad name" "$run" new workload 9lives
unset DIRTYPIN_SOURCE

### cases

expect 0 "a case on ext4" "$run" run odirect/anon/quiet@ext4 --seed 11 --out "$work/ext4"
check "its bundle is complete" bundle_says ext4 true
check "it passed" verdicts_are ext4 pass
check "the report is in the bundle" grep -q odirect ext4/report.txt
check "nothing is left" same_machine
expect 64 "--out over a bundle" "$run" run odirect/anon/quiet@ext4 --out "$work/ext4"
check "one line on stderr" lines_are err 1
expect 0 "report" "$run" report ext4
expect 0 "replay" "$run" replay ext4 odirect/anon/quiet@ext4 --out "$work/replayed"
check "with the same seed" test "$(grep -o '"seed":[0-9]*' ext4/cases.jsonl | sort -u)" = \
	"$(grep -o '"seed":[0-9]*' replayed/cases.jsonl | sort -u)"
expect 64 "replay of a case that the bundle does not have" \
	"$run" replay ext4 odirect/anon/quiet@xfs
expect 0 "a case on tmpfs" "$run" run buffered_write/anon/quiet@tmpfs --json --out "$work/tmpfs"
check "--json is one document" grep -q '"exit_code": 0' out
check "nothing is left" same_machine
expect 0 "repro" "$run" repro fixed_buffer_refused --out "$work/repro"
check "it says what was expected" grep -q 'not reproduced, as expected' out

shared=$(mktemp -d /dev/shm/dirtypin-front-door-XXXXXX)
chown 65534 "$shared"
expect 0 "--dir on tmpfs without root" \
	as_nobody run buffered_write/anon/quiet@tmpfs --dir "$shared" --out "$shared/bundle"
check "its bundle is complete" bundle_says "$shared/bundle" true
check "DIR has nothing but the bundle" test "$(ls "$shared")" = bundle
export TMPDIR=$shared
expect 0 "without root and without --dir" \
	as_nobody run buffered_write/anon/quiet@tmpfs --out "$shared/other"
unset TMPDIR
check "it says so in one sentence" grep -q "^not root: testing the file system of $shared only" out

### interrupted

# A case that changes sysctls for its time.
long=(run odirect/file_shared/dirty_limits@ext4 --fs ext4 --duration 60s --rounds 30)

# Waits until the bundle's first case has begun, which is in its cases.jsonl, and the stressor has
# changed the machine.
wait_for_case() {
	local i
	for ((i = 0; i < 300; i++)); do
		cat "$1"*/cases.jsonl 2>/dev/null | grep -q 'never finished' &&
			! grep -H . /proc/sys/vm/dirty_* | cmp -s - <(grep '/vm/dirty_' before) && return 0
		sleep 0.1
	done
	return 1
}

for pair in INT:130 TERM:143; do
	bundle=$work/interrupted-${pair%%:*}
	"$DIRTYPIN_BINARY" "${long[@]}" --out "$bundle" >long.log 2>&1 &
	pid=$!
	check "a long run begins" wait_for_case "$bundle"
	kill "-${pair%%:*}" "$pid"
	code=0
	wait "$pid" || code=$?
	check "SIG${pair%%:*} gives ${pair#*:}" test "$code" -eq "${pair#*:}"
	check "its bundle says that it is partial" bundle_says "$bundle" false
	check "it says what was interrupted" grep -q "interrupted by SIG${pair%%:*}" long.log
	check "nothing is left" same_machine
done

"$DIRTYPIN_BINARY" "${long[@]}" --out "$work/killed" >long.log 2>&1 &
pid=$!
check "a long run begins" wait_for_case "$work/killed"
expect 5 "a second run beside it is refused" "$run" run odirect/anon/quiet@ext4 --out "$work/second"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
check "kill -9 leaves something" grep -qF "$work/scratch" /proc/self/mountinfo
expect 0 "the next start" "$run" run odirect/anon/quiet@ext4 --out "$work/next"
check "repairs" grep -q 'repaired [0-9]* things that an earlier run left' out
check "nothing is left" same_machine

echo "$checks checks, $failed failed"
((failed == 0))
