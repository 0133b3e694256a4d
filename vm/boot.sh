# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Variables of the other files of vm/ are read and written here:
# shellcheck disable=SC2034,SC2154
#
# One machine: QEMU, its limits, and how it ended. QEMU's own exit code proves nothing (a reboot, a
# power-off and a panic that reboots all give 0), so the result channel says whether a guest came to
# its end, and the console only why it did not.

readonly BOOT_LIMIT_KVM_S=60 BOOT_LIMIT_TCG_S=180 # until the suite's first sign
readonly GRACE_S=30                               # from the guest's own limit to SIGTERM
readonly TERM_LIMIT_S=10                          # from SIGTERM to SIGKILL
readonly POLL_S=0.2
readonly CONSOLE_BYTES=$((16 << 20))
readonly CHANNEL_BYTES=$((64 << 20)) SCRATCH_BYTES=$((6 << 30))
readonly KVM_PROBE_LIMIT_S=20

# What all guests get. A panic reboots at once, which -no-reboot makes the machine's end; warnings are
# on the console; the clock of an emulated CPU is in step on all CPUs, which the kernel cannot know.
boot_command_line() {
	local line="console=ttyS0,115200 panic=-1 loglevel=5 random.trust_cpu=on"
	[[ $1 != tcg ]] || line+=" tsc=reliable no_timer_check"
	printf '%s%s' "$line" "${2:+ $2}"
}

# boot_arguments ACCELERATOR: fills qemu_arguments.
boot_arguments() {
	qemu_arguments=(qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none
		-machine "pc,accel=$1" -rtc base=utc -monitor none -parallel none)
	if [[ $1 == kvm ]]; then
		qemu_arguments+=(-cpu host)
	else
		# Five levels of page tables are only slower to emulate.
		qemu_arguments+=(-cpu "max,la57=off")
	fi
}

# Ends a machine: SIGTERM, then SIGKILL.
boot_end() {
	local pid=$1 until
	kill -TERM "$pid" 2>/dev/null || return 0
	until=$(($(clock_ms) + TERM_LIMIT_S * 1000))
	while kill -0 "$pid" 2>/dev/null && (($(clock_ms) < until)); do
		sleep "$POLL_S"
	done
	kill -KILL "$pid" 2>/dev/null
	return 0
}

# The host may have the device and no working KVM behind it: only a guest that speaks proves it. The
# answer is good until the host boots again.
boot_accelerator() {
	local kernel=$1 known answer=tcg
	known=$vm_cache/kvm-$(tr -d '\n-' </proc/sys/kernel/random/boot_id)
	if [[ $vm_accel != auto ]]; then
		vm_accelerator=$vm_accel
		return
	fi
	if [[ -w /dev/kvm && -r $known ]]; then
		vm_accelerator=$(<"$known")
		return
	fi
	# What the shell says of a QEMU that aborts is of no use to anybody.
	if [[ -w /dev/kvm ]] && say "vm: trying KVM with a small guest" &&
		boot_probe "$kernel" 2>"$vm_work/probe.err"; then
		answer=kvm
	fi
	rm -f "$vm_cache"/kvm-*
	[[ ! -w /dev/kvm ]] || printf '%s\n' "$answer" >"$known"
	vm_accelerator=$answer
}

# A tiny guest with KVM says hello in time.
boot_probe() {
	local tree=$vm_work/probe pid until code=1
	mkdir -p "$tree/bin"
	cp -L "$(command -v busybox)" "$tree/bin/busybox"
	printf '#!/bin/busybox sh\necho hello from a guest\n/bin/busybox poweroff -f\n' >"$tree/init"
	chmod 755 "$tree/init"
	tree_pack "$tree" "$vm_work/probe.cpio"
	boot_arguments kvm
	setpriv --pdeathsig KILL "${qemu_arguments[@]}" -m 512 -smp 1 -kernel "$1/vmlinuz" -initrd "$vm_work/probe.cpio" \
		-append "console=ttyS0 panic=-1" -serial "file:$vm_work/probe.log" >/dev/null 2>&1 &
	pid=$!
	until=$(($(clock_ms) + KVM_PROBE_LIMIT_S * 1000))
	while kill -0 "$pid" 2>/dev/null && (($(clock_ms) < until)); do
		grep -q 'hello from a guest' "$vm_work/probe.log" 2>/dev/null && code=0 && break
		sleep "$POLL_S"
	done
	grep -q 'hello from a guest' "$vm_work/probe.log" 2>/dev/null && code=0
	boot_end "$pid"
	wait "$pid" 2>/dev/null
	return "$code"
}

# Unpacking a kernel takes an emulated CPU longer than all the rest of its boot. QEMU starts an ELF
# image through the PVH entry, if the kernel has one.
boot_image() {
	local plain=$1/vmlinux
	if [[ $vm_accelerator == tcg ]] && grep -qs '^CONFIG_PVH=y' "$1/config"; then
		[[ -w $1 ]] || plain=$2/vmlinux
		if [[ -s $plain ]] || { kernel_plain "$1/vmlinuz" "$plain.$$" && mv "$plain.$$" "$plain"; }; then
			printf '%s' "$plain"
			return
		fi
		rm -f "$plain.$$"
	fi
	printf '%s' "$1/vmlinuz"
}

# The channel's first block begins with the first message's mark as soon as the guest is up.
boot_is_up() {
	local slot
	for slot in 0 $((CHANNEL_BYTES / 2)); do
		[[ $(dd if="$1" bs=1 skip="$slot" count=7 status=none 2>/dev/null | tr -d '\0') == DPSTART ]] &&
			return 0
	done
	return 1
}

# boot_guest DIRECTORY KERNEL INITRD COMMAND_LINE: runs a machine to its end. In the directory are
# then channel, console.log and progress.log; guest_ended is off, silent, late or stopped, and
# guest_up_ms the time to the first sign.
boot_guest() {
	local at=$1 kernel=$2 initrd=$3 line=$4 pid start now limit_s=$BOOT_LIMIT_TCG_S
	local late_ms=$(((guest_limit_s + GRACE_S) * 1000))
	guest_up_ms='' guest_ended=off
	[[ $vm_accelerator != kvm ]] || limit_s=$BOOT_LIMIT_KVM_S
	if ! truncate -s "$CHANNEL_BYTES" "$at/channel" || ! truncate -s "$SCRATCH_BYTES" "$at/scratch"; then
		because "cannot make disks in $at"
		return
	fi
	boot_arguments "$vm_accelerator"
	# A full disk of the host is an error for the guest, never a machine that stands still.
	# A session of its own: ^C is for us, and the guest's end is ours to call.
	setsid setpriv --pdeathsig KILL "${qemu_arguments[@]}" -m "$vm_memory_mib" -smp "$vm_cpus" \
		-kernel "$(boot_image "$kernel" "$at")" -initrd "$initrd" -append "$line" \
		-drive "file=$at/channel,if=none,id=result,format=raw,cache=unsafe,werror=report,rerror=report" \
		-device virtio-blk-pci,drive=result,serial=result \
		-drive "file=$at/scratch,if=none,id=scratch,format=raw,cache=unsafe,discard=unmap,werror=report,rerror=report" \
		-device virtio-blk-pci,drive=scratch,serial=scratch \
		-serial stdio -serial "file:$at/progress.log" \
		> >(head -c "$CONSOLE_BYTES" >"$at/console.log"; exec cat >/dev/null) \
		2>"$at/qemu.log" </dev/null &
	pid=$!
	guest_pid=$pid
	start=$(clock_ms)
	while kill -0 "$pid" 2>/dev/null; do
		sleep "$POLL_S"
		now=$(($(clock_ms) - start))
		if [[ -z $guest_up_ms ]] && boot_is_up "$at/channel"; then
			guest_up_ms=$now
		fi
		if [[ -z $guest_up_ms ]] && ((now > limit_s * 1000)); then
			guest_ended=silent
		elif [[ $guest_up_ms ]] && ((now > guest_up_ms + late_ms)); then
			guest_ended=late
		else
			continue
		fi
		boot_end "$pid"
	done
	wait "$pid" 2>/dev/null
	guest_code=$?
	guest_pid=
	# A machine that came up and ended between two looks.
	if [[ -z $guest_up_ms ]] && boot_is_up "$at/channel"; then
		guest_up_ms=$now
	fi
}
