#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The parts of vm/ that need neither an emulator nor a kernel: its command line, its configurations,
# the names of kernels that lead nowhere, and the initramfs of a small tree.
set -uo pipefail

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache
unset DIRTYPIN_MIRROR

vm_dir=$source_dir/vm
vm_source=$source_dir
vm_bisect='' vm_why='' kernel_dir=''
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

checks=0 failed=0

is() {
	checks=$((checks + 1))
	if [[ $2 == "$3" ]]; then
		echo "ok: $1"
	else
		echo "not ok: $1: \"$3\", not \"$2\""
		failed=$((failed + 1))
	fi
}

# refused CODE PART WORD...: one line on stderr that says PART.
refused() {
	local code=0 want=$1 part=$2
	shift 2
	(options_read "$@") >"$work/out" 2>"$work/err" || code=$?
	is "$* gives $want" "$want" "$code"
	is "$* gives one line" 1 "$(wc -l <"$work/err")"
	is "$* says \"$part\"" yes "$(grep -qF -- "$part" "$work/err" && echo yes)"
	is "$* prints nothing" "" "$(<"$work/out")"
}

### what is read

options_read --kernel a --kernel=b --append 'x y' --sysctl vm.a=1 --jobs 3 --memory 3G --cpus 4 \
	--timeout 15m --accel tcg --out "$work/o" -v -- run '*@ext4' --kernel none
is "kernels" "a b" "${vm_kernels[*]}"
is "append" "x y" "${vm_appends[0]}"
is "jobs" 3 "$vm_jobs"
is "memory" 3072 "$vm_memory_mib"
is "cpus" 4 "$vm_cpus"
is "timeout" 900 "$vm_timeout_s"
is "accelerator" tcg "$vm_accel"
is "out" "$work/o" "$vm_out"
is "verbose" yes "$vm_verbose"
is "the command is left alone" "run *@ext4 --kernel none" "${vm_command[*]}"
options_read --kernel a --memory 512 --timeout 90 --jobs 08
is "MiB without a unit" 512 "$vm_memory_mib"
is "seconds without a unit" 90 "$vm_timeout_s"
is "a leading zero is not octal" 8 "$vm_jobs"
is "no command" 0 "${#vm_command[@]}"
is "one plain configuration" 1 "${#vm_appends[@]}"
options_read --kernel . --bisect 'a/b@ext4'
is "bisect makes the command" "run a/b@ext4" "${vm_command[*]}"

### what is refused

refused 64 "no kernel is named"
refused 64 "needs a value" --kernel
refused 64 "is empty" --kernel ''
refused 64 "unknown option --kernels" --kernels a
refused 64 "stands behind --" --kernel a run
refused 64 "from 1 to 64" --kernel a --jobs 0
refused 64 "from 1 to 64" --kernel a --jobs 1x
refused 64 "from 1 to 64" --kernel a --cpus 9999999999999999999
refused 64 "such as 90s" --kernel a --timeout 0
refused 64 "such as 90s" --kernel a --timeout 5d
refused 64 "256 MiB" --kernel a --memory 16
refused 64 "not a size" --kernel a --memory 2T
refused 64 "not KEY=VALUE" --kernel a --sysctl vm.x
refused 64 "not KEY=VALUE" --kernel a --sysctl $'vm.x=1\nvm.y=2'
refused 64 "auto, kvm, tcg" --kernel a --accel fast
refused 64 "cannot run in a guest" --kernel a -- vm --kernel b
refused 125 "about one kernel" --kernel a --kernel b --bisect c
refused 125 "no command stands" --kernel a --bisect c -- run d
refused 125 "unknown option" --kernel a --bisect c --nonsense
refused 125 "unknown option" --nonsense --kernel a --bisect c

### configurations

options_read --kernel a
is "none without sysctls" "" "$(sysctl_sets)"
options_read --kernel a --sysctl a=1 --sysctl b=2
is "keys come together" $'a=1\tb=2' "$(sysctl_sets)"
options_read --kernel a --sysctl a=1 --sysctl b=2 --sysctl a=3
is "values of one key do not" $'a=1\tb=2\na=3\tb=2' "$(sysctl_sets)"

### kernels that are none

# none NAME PART
none() {
	vm_why=
	is "$1 is no kernel" 1 "$(kernel_find "$1" "$work/kernel" >/dev/null 2>&1 && echo 0 || echo 1)"
	kernel_find "$1" "$work/kernel" >/dev/null 2>&1
	is "$1 says \"$2\"" yes "$([[ $vm_why == *"$2"* ]] && echo yes || echo "$vm_why")"
}
echo text >"$work/text"
mkdir "$work/tree"
none "$work/missing" "no such file"
none "$work/text" "not a bzImage"
none "$work/missing.deb" "no such file"
none "$work/tree" "make -C"
none "$work/text,modules=$work/tree" "not a bzImage"

# The header of a bzImage with its version at 0x200 + 0x10.
{
	head -c 514 /dev/zero
	printf 'HdrS'
	head -c 8 /dev/zero
	printf '\020\002'
	head -c 512 /dev/zero
	printf '6.1.0-test (somebody) #1 SMP\0'
} >"$work/bzImage"
is "the release of a bzImage" 6.1.0-test "$(kernel_image_release "$work/bzImage")"
none "$work/bzImage,modules=$work/tree" "no modules of 6.1.0-test"
is "a bzImage without modules" 0 "$(kernel_find "$work/bzImage" "$work/image" && echo 0)"

### words for the guest's shell

# shellcheck disable=SC2016 # the dollar is data
words=(run '*@ext4' "it's" 'a b' '$HOME' '')
is "words survive the guest's shell" "$(printf '<%s>' "${words[@]}")" \
	"$(sh -c 'eval "set -- $1"; printf "<%s>" "$@"' sh "$(shell_words "${words[@]}")")"

### the initramfs

if command -v cpio >/dev/null && command -v busybox >/dev/null; then
	vm_work=$work
	tree_base "$work/base"
	tree_add_program "$work/base" /usr/bin/env
	tree_pack "$work/base" "$work/base.cpio"
	cpio -it --quiet <"$work/base.cpio" >"$work/names" 2>/dev/null
	for name in init bin/busybox bin/sh usr/bin/env; do
		is "the initramfs has $name" 1 "$(grep -cx "$name" "$work/names")"
	done
	is "and the C library" yes "$(grep -q 'libc\.so' "$work/names" && echo yes)"
	is "root owns it all" 0 "$(cpio -itv --quiet -n <"$work/base.cpio" 2>/dev/null | awk '$3 != 0 || $4 != 0' | wc -l)"
else
	echo "not checked: the initramfs (cpio and busybox are not installed)"
fi

echo "$checks checks, $failed failed"
((failed == 0))
