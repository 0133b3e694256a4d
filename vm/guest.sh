# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Variables of the other files of vm/ are read and written here:
# shellcheck disable=SC2034,SC2154
#
# One guest from its kernel's name to its bundle: whatever happens on the way, there is a bundle, and
# it says what happened.

readonly SNAPSHOT_S=3

# The console's own word for what went wrong, or the last that it said.
console_says() {
	local console=$1 line
	line=$(tr -d '\000-\010\013-\037\177' <"$console" 2>/dev/null |
		grep -m 1 -o 'Kernel panic - not syncing.*') ||
		line=$(last_line "$console")
	printf '%s' "${line:0:300}"
}

console_panicked() {
	grep -aq 'Kernel panic - not syncing' "$1" 2>/dev/null
}

# The newest snapshot may be some seconds old: its open case is the one that the kernel died under only
# if the guest has not printed since how it ended.
case_was_running() {
	local id
	id=$(tail -n 1 "$guest_place/cases.jsonl" 2>/dev/null |
		sed -n 's/^{"case":"\([^"]*\)".*"reason":"started, never finished".*/\1/p')
	[[ $id ]] && ! tr -d '\r' <"$1/progress.log" | awk -v id="$id" '
		{ for (i = 1; i <= NF; i++) if ($i == id || $i == id ":") found = 1 }
		END { exit !found }'
}

# Sets guest_boot, the sentence of the bundle, and guest_panicked.
guest_judge() {
	local at=$1 answer state=none
	guest_panicked=0 guest_release='' guest_exit=''
	answer=$("$vm_binary" guest-result unpack "$at/channel" "$guest_nonce" "$guest_place" 2>"$at/unpack.log") &&
		read -r state guest_exit guest_release <<<"$answer"
	if [[ $state == lie ]]; then
		guest_exit='' guest_release=''
		guest_boot="lied: ${answer#lie }"
	elif [[ $state == end && -e $guest_place/trouble ]]; then
		guest_boot="not ready: $(last_line "$guest_place/trouble")"
	elif [[ $state == end ]]; then
		guest_boot=ok
	else
		guest_exit=''
		guest_died "$at"
	fi
}

guest_died() {
	local at=$1
	if [[ $guest_interrupted ]]; then
		guest_boot="interrupted"
	elif console_panicked "$at/console.log"; then
		case_was_running "$at" && guest_panicked=1
		guest_boot="panicked: $(console_says "$at/console.log")"
	elif grep -aq 'dirtypin-guest: no disk' "$at/console.log" 2>/dev/null; then
		guest_boot="no virtio disk in the guest (try: CONFIG_VIRTIO_PCI and CONFIG_VIRTIO_BLK, built in or with modules=DIR)"
	elif [[ $guest_ended == silent ]]; then
		guest_boot="hung while booting: no sign of life in time; the console ends: $(console_says "$at/console.log")"
	elif [[ $guest_ended == late ]]; then
		guest_boot="hung: not at its end $GRACE_S s after the time limit of $guest_limit_s s; the console ends: $(console_says "$at/console.log")"
	elif [[ ! -s $at/console.log && $guest_code -ne 0 ]]; then
		guest_boot="QEMU did not start it: $(last_line "$at/qemu.log")"
	elif [[ -z $guest_up_ms ]]; then
		guest_boot="ended while booting without a panic (a triple fault?); the console ends: $(console_says "$at/console.log")"
	else
		guest_boot="ended without an end record and without a panic (a triple fault, or a result that did not fit): $(last_line "$at/unpack.log"); the console ends: $(console_says "$at/console.log")"
	fi
}

# A name for the bundle: the release, and a number where it is taken.
guest_name() {
	local name=${1//[^A-Za-z0-9._+-]/_} n=1
	name=${name:-unknown}
	until mkdir "$vm_out/$name${2:+-$2}.claim" 2>/dev/null && [[ ! -e $vm_out/$name${2:+-$2} ]]; do
		rmdir "$vm_out/$name${2:+-$2}.claim" 2>/dev/null
		n=$((n + 1))
		set -- "$1" "$n"
	done
	rmdir "$vm_out/$name${2:+-$2}.claim"
	printf '%s' "$vm_out/$name${2:+-$2}"
}

# guest_bundle DIRECTORY KERNEL RELEASE APPEND COMMAND_LINE STARTED
guest_bundle() {
	local at=$1 final memory=$vm_memory_mib
	[[ ! -s $at/console.log ]] || { mkdir -p "$guest_place" && mv -f "$at/console.log" "$guest_place/console.log"; }
	"$vm_binary" guest-result boot "$guest_place" "boot=$guest_boot" "panicked=$guest_panicked" \
		"kernel=$2" "release=${guest_release:-$3}" "append=$4" "command-line=$5" \
		"sysctls=${guest_sysctls//$'\t'/ }" "started=$6" "accelerator=$vm_accelerator" \
		"emulator=$vm_emulator" "memory-mib=$memory" "cpus=$vm_cpus" "up-ms=$guest_up_ms" \
		"exit-code=$guest_exit" || return
	final=$(guest_name "${guest_release:-$3}" "")
	mv -T "$guest_place" "$final" || return
	printf '%s\n' "$final" >"$at/done"
}

# Shows what the guest prints while it runs, without what could drive a terminal.
guest_follow() {
	LC_ALL=C tail -n +1 -F --pid="$3" "$1" 2>/dev/null | LC_ALL=C sed -u "s/[^[:print:]\t]//g; s|^|$2: |" >&2
}

# guest_run NUMBER KERNEL_NAME KERNEL_DIR APPEND SYSCTLS: in a subshell of its own.
guest_run() {
	local at=$vm_work/guest-$1 name=$2 kernel=$3 append=$4 release='' line started
	local prepared=yes
	# Beside its final name: where the work's disk is full, that is what the bundle says.
	guest_place=$vm_out/.guest-$1
	guest_sysctls=$5 guest_up_ms='' guest_panicked=0 guest_release='' guest_exit='' guest_pid=''
	guest_nonce=$(tr -d - </proc/sys/kernel/random/uuid)
	guest_limit_s=$vm_timeout_s guest_snapshot_s=$SNAPSHOT_S guest_hostname=guest
	guest_command=("${vm_guest_command[@]}")
	guest_environment=("${vm_environment[@]}")
	guest_interrupted=''
	trap 'guest_interrupted=yes; [[ -z $guest_pid ]] || boot_end "$guest_pid"' TERM
	started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	mkdir -p "$at"
	[[ ! -e $kernel/release ]] || release=$(<"$kernel/release")
	line=$(boot_command_line "$vm_accelerator" "$append")
	guest_initrd "$at" "$kernel" || prepared=
	if [[ $guest_interrupted ]]; then
		prepared='' vm_why=interrupted
	fi
	if [[ $prepared ]]; then
		say "vm: $release${append:+ $append}${guest_sysctls:+ ${guest_sysctls//$'\t'/ }} starts ($vm_accelerator)"
		if [[ $vm_verbose ]]; then
			guest_follow "$at/progress.log" "$release" "$BASHPID" &
		fi
		boot_guest "$at" "$kernel" "$at/initrd" "$line" || prepared=
	fi
	if [[ $prepared ]]; then
		guest_judge "$at"
	else
		guest_boot="not started: $vm_why"
	fi
	rm -f "$at/channel" "$at/scratch" "$at/initrd"
	guest_bundle "$at" "$name" "${release:-unknown ($name)}" "$append" "$line" "$started" ||
		{ say "vm: $name: no bundle could be written in $vm_out"; return 1; }
	say "vm: ${release:-$name}: $guest_boot${guest_up_ms:+; up after $((guest_up_ms / 1000)).$((guest_up_ms / 100 % 10)) s}"
}

# The initramfs of one guest: three archives, one after the other.
guest_initrd() {
	local at=$1 kernel=$2
	[[ -e $kernel/release ]] || { because "$(<"$kernel/why")"; return; }
	initramfs_modules "$at/modules.cpio" "$kernel" "$at/modules" &&
		initramfs_settings "$at/settings.cpio" "$at/settings" || return
	cat "$vm_work/suite.cpio" "$at/modules.cpio" "$at/settings.cpio" >"$at/initrd" 2>/dev/null ||
		{ because "cannot write $at/initrd"; return; }
	rm -rf "$at"/modules "$at"/settings "$at"/*.cpio
}
