#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Real guests, through run.sh: one that works, and some that are planted: one panics under a case, one
# hangs, two lie about their end, one never comes up, and one is interrupted. Each must be called by
# its name. DIRTYPIN_TEST_KERNEL names another kernel than Debian's bookworm.
# shellcheck disable=SC2031 # the functions of vm/ have a "work" of their own
# shellcheck disable=SC2016 # dollars are for the planted guest
set -uo pipefail

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${DIRTYPIN_BINARY:?names the program to test}"
export DIRTYPIN_BINARY
kernel=${DIRTYPIN_TEST_KERNEL:-debian/bookworm}

skip() {
	echo "skipped: $*"
	exit 77
}

for tool in qemu-system-x86_64 busybox cpio depmod xz zstd setpriv; do
	PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null ||
		skip "$tool is not installed (try: ./run.sh vm, which installs it on Debian)"
done
case $("$DIRTYPIN_BINARY" --version) in
dirtypin*) ;;
*) skip "$DIRTYPIN_BINARY does not run here" ;;
esac
# A sanitizer's runtime wants more than a guest has.
if ldd "$DIRTYPIN_BINARY" | grep -q 'lib[at]san'; then
	skip "the program is built with a sanitizer"
fi

work=$(mktemp -d /var/tmp/dirtypin-vm-test-XXXXXX)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work/tmp
mkdir "$TMPDIR"

# The kernel must be there, or be fetched, before a failure means anything.
(
	vm_why=
	# shellcheck source=vm/common.sh
	. "$source_dir/vm/common.sh"
	# shellcheck source=vm/kernel.sh
	. "$source_dir/vm/kernel.sh"
	# shellcheck source=vm/kernel_debian.sh
	. "$source_dir/vm/kernel_debian.sh"
	kernel_find "$kernel" "$work/kernel" || { echo "$vm_why"; exit 1; }
) >"$work/why" 2>&1 || skip "no kernel $kernel: $(tail -n 1 "$work/why")"

checks=0 failed=0

check() {
	local what=$1
	shift
	checks=$((checks + 1))
	if "$@"; then
		echo "ok: $what"
	else
		echo "not ok: $what"
		sed 's/^/  /' "$work/log" | tail -n 25
		failed=$((failed + 1))
	fi
}

# A copy of vm/ whose guests are planted: plant NAME SED-SCRIPT.
plant() {
	mkdir -p "$work/$1"
	cp -r "$source_dir/vm" "$source_dir/stress" "$work/$1/"
	sed -i "$2" "$work/$1/vm/guest-init"
	! cmp -s "$source_dir/vm/guest-init" "$work/$1/vm/guest-init" || { echo "not planted: $1"; exit 1; }
	sed -i 's/^readonly GRACE_S=30/readonly GRACE_S=3/; s/BOOT_LIMIT_TCG_S=180/BOOT_LIMIT_TCG_S=60/' \
		"$work/$1/vm/boot.sh"
	sed -i 's/^readonly SNAPSHOT_S=3/readonly SNAPSHOT_S=1/' "$work/$1/vm/guest.sh"
}

# guest TREE CODE WORD...: runs vm there; its bundle is in TREE.out.
guest() {
	local tree=$1 want=$2 code=0
	shift 2
	"$work/$tree/vm/vm.sh" --kernel "$kernel" --out "$work/$tree.out" "$@" >"$work/log" 2>&1 || code=$?
	check "$tree: exit code $want" test "$code" -eq "$want"
	bundle=$(find "$work/$tree.out" -mindepth 1 -maxdepth 1 -type d | head -n 1)
}

boot_says() {
	grep -q "\"boot\": \"$1" "$bundle/run.json"
}

case_says() {
	tail -n 1 "$bundle/cases.jsonl" | grep -q "\"verdict\": *\"$1\""
}

machine_runs() {
	pgrep -f "qemu.*$TMPDIR/dirtypin-vm" >/dev/null
}

nothing_left() {
	[[ -z $(ls -A "$TMPDIR") ]] && ! machine_runs
}

question=(run odirect/anon/quiet@ext4 --seed 7 --duration 1s)

code=0
"$source_dir/run.sh" vm --kernel "$kernel" --out "$work/good.out" -- "${question[@]}" >"$work/log" 2>&1 || code=$?
bundle=$(find "$work/good.out" -mindepth 1 -maxdepth 1 -type d | head -n 1)
check "good: exit code 0" test "$code" -eq 0
check "good: it came up" boot_says 'ok"'
check "good: complete" grep -q '"complete": true' "$bundle/run.json"
check "good: it passed" case_says pass
check "good: the release is in its name" grep -q "\"release\": \"$(basename "$bundle")\"" "$bundle/run.json"
check "good: the accelerator is recorded" grep -qE '"accelerator": "(kvm|tcg)"' "$bundle/run.json"
check "good: the console is in it" test -e "$bundle/console.log"
check "good: the matrix" grep -q 'data-safe  *odirect/anon/quiet@ext4' "$work/log"
check "good: nothing is left" nothing_left

plant panics 's|^run_command$|(sleep 6; echo c >/proc/sysrq-trigger) \& run_command|'
guest panics 1 -- run odirect/anon/quiet@ext4 --duration 60s
check "panics: it says so" boot_says 'panicked: Kernel panic - not syncing'
check "panics: the case has failed" case_says fail
check "panics: the console is in it" grep -aq 'Kernel panic' "$bundle/console.log"
check "panics: nothing is left" nothing_left

plant hangs 's|^run_command$|while :; do sleep 60; done|'
guest hangs 5 --timeout 3 -- "${question[@]}"
check "hangs: it says so" boot_says 'hung: not at its end'
check "hangs: it has no cases" test ! -s "$bundle/cases.jsonl"
check "hangs: nothing is left" nothing_left

plant lies_aloud 's|^pack --end "$code" /run/next$|echo "exit code 0: all passed" >/dev/console|'
guest lies_aloud 5 -- "${question[@]}"
check "lies_aloud: it is not believed" boot_says 'ended without an end record'
check "lies_aloud: nothing is left" nothing_left

plant lies 's|^pack --end "$code" /run/next$|sed -i "s/.complete.: true/\\"complete\\": false/" /run/next/run.json; pack --end 0 /run/next|'
guest lies 5 -- "${question[@]}"
check "lies: it says so" boot_says 'lied: its end record'

plant silent 's|^mount_all$|while :; do :; done|'
sed -i 's/BOOT_LIMIT_TCG_S=60/BOOT_LIMIT_TCG_S=12/; s/BOOT_LIMIT_KVM_S=60/BOOT_LIMIT_KVM_S=12/' "$work/silent/vm/boot.sh"
guest silent 5 -- "${question[@]}"
check "silent: it says so" boot_says 'hung while booting'
check "silent: the matrix says so" grep -q 'did not boot: hung while booting' "$work/log"

plant bisected 's|^mount_all$|echo c >/proc/sysrq-trigger; mount_all|'
sed -i 's|^echo c >|/bin/busybox mkdir -p /proc; /bin/busybox mount -t proc proc /proc; echo c >|' "$work/bisected/vm/guest-init"
guest bisected 125 --bisect odirect/anon/quiet@ext4
check "bisected: a panic at boot is no answer" boot_says 'panicked'

"$source_dir/run.sh" vm --kernel "$kernel" --out "$work/cut.out" -- run odirect/anon/quiet@ext4 --duration 90s >"$work/log" 2>&1 &
pid=$!
for ((i = 0; i < 300; i++)); do
	machine_runs && break
	sleep 0.1
done
check "interrupted: it runs" machine_runs
code=0
kill -TERM "$pid"
wait "$pid" || code=$?
check "interrupted: exit code 143" test "$code" -eq 143
check "interrupted: nothing is left" nothing_left

echo "$checks checks, $failed failed"
((failed == 0))
