#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Boots other kernels in QEMU with the suite inside, brings back one bundle for each, and prints the
# matrix. ./run.sh vm --help explains the options; ./run.sh sets DIRTYPIN_BINARY to the program.
# shellcheck disable=SC2317 # traps call what nobody else does
set -uo pipefail

vm_dir=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
vm_source=$(dirname "$vm_dir")

# shellcheck source=vm/common.sh
. "$vm_dir/common.sh"
# shellcheck source=vm/options.sh
. "$vm_dir/options.sh"
# shellcheck source=vm/kernel.sh
. "$vm_dir/kernel.sh"
# shellcheck source=vm/kernel_debian.sh
. "$vm_dir/kernel_debian.sh"
# shellcheck source=vm/initramfs.sh
. "$vm_dir/initramfs.sh"
# shellcheck source=vm/boot.sh
. "$vm_dir/boot.sh"
# shellcheck source=vm/guest.sh
. "$vm_dir/guest.sh"

readonly QUICK_DURATION=110s # of the quick profile in a guest, which is slower than the machine

# We could not get ready to ask any kernel.
die() {
	say "vm: $*"
	exit "$([[ $vm_bisect ]] && echo "$CODE_NO_ANSWER" || echo "$CODE_BROKEN")"
}

# Guests end with us: each has a subshell, which ends its machine.
stop_guests() {
	local pid
	for pid in "${vm_running[@]}"; do
		kill -TERM "$pid" 2>/dev/null
	done
	wait
}

interrupted() {
	trap '' INT TERM HUP
	say "vm: interrupted; ending the guests"
	stop_guests
	[[ -z $(ls -A "$vm_out" 2>/dev/null) ]] || say "vm: bundles in $vm_out"
	exit "$1"
}

clean_up() {
	[[ -z ${vm_work-} ]] || rm -rf "$vm_work"
	[[ -z ${vm_out-} ]] || { rm -rf "$vm_out"/.guest-*; rmdir "$vm_out" 2>/dev/null; }
	return 0
}

need_tools() {
	local tool missing=()
	for tool in qemu-system-x86_64 busybox cpio modprobe depmod xz zstd setpriv; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null || missing+=("$tool")
	done
	((${#missing[@]} == 0)) ||
		die "missing: ${missing[*]} (packages: qemu-system-x86 busybox-static cpio kmod xz-utils zstd util-linux)"
}

# What every guest runs, and with which defaults: the same seed for all, so that they are asked the
# same questions.
prepare_command() {
	vm_guest_command=("${vm_command[@]}")
	vm_environment=("DIRTYPIN_SEED=${DIRTYPIN_SEED:-$(od -An -N6 -tu8 /dev/urandom | tr -d ' ')}" NO_COLOR=1)
	if ((${#vm_command[@]} == 0)); then
		vm_guest_command=(run -v)
		vm_environment+=("DIRTYPIN_DURATION=$QUICK_DURATION")
	fi
}

# Only a pattern, a profile or a stressor by name can ask for another program's load.
command_wants_loads() {
	local word
	((${#vm_command[@]} > 1)) || return 0
	for word in "${vm_command[@]:1}"; do
		[[ $word != *['*?[']* && $word != *dirty_flood* && $word != --profile* ]] || return 0
	done
	[[ ${vm_command[0]} != run && ${vm_command[0]} != replay ]]
}

# Each kernel is looked for once. A name that leads nowhere is a column of its own that says so.
find_kernels() {
	local i
	kernel_dirs=()
	for i in "${!vm_kernels[@]}"; do
		vm_why=
		if kernel_find "${vm_kernels[i]}" "$vm_work/kernel-$i"; then
			kernel_dirs+=("$kernel_dir")
			continue
		fi
		rm -rf "$vm_work/kernel-$i" && mkdir -p "$vm_work/kernel-$i"
		printf '%s\n' "$vm_why" >"$vm_work/kernel-$i/why"
		kernel_dirs+=("$vm_work/kernel-$i")
	done
}

# With a limit on how many run at a time.
start_guest() {
	local pid alive
	while ((${#vm_running[@]} >= vm_jobs)); do
		wait -n
		alive=()
		for pid in "${vm_running[@]}"; do
			! kill -0 "$pid" 2>/dev/null || alive+=("$pid")
		done
		vm_running=("${alive[@]}")
	done
	(guest_run "$@") &
	vm_running+=("$!")
}

run_guests() {
	local i append set number=0
	local -a sets
	mapfile -t sets < <(sysctl_sets)
	for i in "${!vm_kernels[@]}"; do
		for append in "${vm_appends[@]}"; do
			for set in "${sets[@]}"; do
				number=$((number + 1))
				start_guest "$(printf '%03d' "$number")" "${vm_kernels[i]}" "${kernel_dirs[i]}" "$append" "$set"
			done
		done
	done
	wait
	vm_running=()
}

# The exit code is the matrix's; for git bisect only 0 and 1 are answers.
print_matrix() {
	local code=0
	local -a bundles
	mapfile -t bundles < <(cat "$vm_work"/guest-*/done 2>/dev/null)
	((${#bundles[@]})) || die "no guest left a bundle"
	say "vm: bundles in $vm_out"
	"$vm_binary" matrix "${bundles[@]}" || code=$?
	if [[ $vm_bisect ]] && ((code != 0 && code != 1)); then
		code=$CODE_NO_ANSWER
	fi
	return "$code"
}

main() {
	local kernel
	options_read "$@"
	vm_binary=$(readlink -f "${DIRTYPIN_BINARY:-$vm_source/build/dirtypin}")
	[[ -x $vm_binary ]] || die "no program at ${DIRTYPIN_BINARY:-build/dirtypin} (try: ./run.sh vm)"
	need_tools
	vm_work=$(mktemp -d "${TMPDIR:-/var/tmp}/dirtypin-vm-XXXXXX") || die "no directory for work"
	vm_running=()
	trap clean_up EXIT
	trap 'interrupted 130' INT
	trap 'interrupted 143' TERM
	trap 'interrupted 129' HUP
	vm_out=${vm_out:-$vm_source/results/runs/$(date -u +%Y%m%dT%H%M%SZ)-vm}
	mkdir -p "$vm_out" "$vm_cache" || die "cannot make $vm_out"
	vm_out=$(readlink -f "$vm_out")
	vm_emulator=$(qemu-system-x86_64 --version | head -n 1)
	prepare_command
	initramfs_suite "$vm_work/suite.cpio" "$vm_binary" "$(command_wants_loads && echo yes)" || die "$vm_why"
	find_kernels
	vm_accelerator=tcg
	for kernel in "${kernel_dirs[@]}"; do
		[[ ! -e $kernel/vmlinuz ]] || { boot_accelerator "$kernel"; break; }
	done
	run_guests
	print_matrix
	# Here, so that the shell reads no more of a file that somebody may be changing.
	exit
}

main "$@"
