# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Variables of the other files of vm/ are read and written here:
# shellcheck disable=SC2034,SC2154
#
# The guest's initramfs, made without root: archives that the kernel unpacks one after the other. The
# suite with its libraries is the same for all guests; the modules belong to a kernel; the settings to
# one guest. None is compressed: copying is quicker than unpacking, most of all under emulation.

# Loaded by the guest's init; what is neither a module nor built in there is told on the console.
guest_modules_loaded=(virtio_pci virtio_blk loop)
# There for whoever needs them: mount, modprobe and the kernel itself ask by name or alias.
guest_modules=(ext4 xfs btrfs f2fs fuse overlay zram null_blk virtio_rng crc32c_generic crc32c_intel
	libcrc32c crc32_generic crc32 xxhash_generic blake2b_generic sha256_generic lzo_rle lz4 zstd
	dm_mod dm_delay dm_flakey dm_log_writes dm_integrity scsi_debug sd_mod
	rdma_rxe rdma_ucm ib_uverbs rdma_cm dummy veth)

guest_programs=(mkfs.ext4 mkfs.xfs mkfs.btrfs mkfs.f2fs)
guest_loads=(fio stress-ng)

# Puts a program into a tree at the path that it has here, with the libraries that ldd names.
tree_add_program() {
	local tree=$1 program=$2 file
	[[ $program == /* ]] || program=$(PATH=$PATH:/usr/sbin:/sbin command -v "$program") || return 1
	while read -r file; do
		[[ -e $tree$file ]] && continue
		mkdir -p "$tree${file%/*}"
		cp -L "$file" "$tree$file" || return 1
	done < <(printf '%s\n' "$program"; ldd "$program" | grep -oE '/[^ ]+')
}

# The kernel does not look at the owner of our files: root owns everything there.
tree_pack() {
	(cd "$1" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
		cpio --quiet -0 -o -H newc -R 0:0) >"$2"
}

tree_base() {
	local tree=$1
	mkdir -p "$tree"/{bin,sbin,etc,root,usr/bin,usr/share/dirtypin/stress,usr/share/dirtypin/bench}
	cp -L "$(command -v busybox)" "$tree/bin/busybox" && chmod 755 "$tree/bin/busybox" || return 1
	# A busybox that is not static needs its libraries, too.
	if ldd "$tree/bin/busybox" >/dev/null 2>&1; then
		tree_add_program "$tree" "$(command -v busybox)" || return 1
	fi
	ln -s /bin/busybox "$tree/bin/sh"
	# busybox's own modprobe knows neither -n nor every kind of alias.
	tree_add_program "$tree" kmod || return 1
	ln -s "$(PATH=$PATH:/usr/sbin:/sbin command -v kmod)" "$tree/sbin/modprobe"
	cp "$vm_dir/guest-init" "$tree/init" && chmod 755 "$tree/init" || return 1
	[[ ! -r /etc/mke2fs.conf ]] || cp /etc/mke2fs.conf "$tree/etc/"
	cp -r "$vm_source"/stress/*.fio "$tree/usr/share/dirtypin/stress/"
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$tree/etc/passwd"
	printf 'root:x:0:\n' >"$tree/etc/group"
}

# Soft-RoCE: the tools that make a link, and the one driver of libibverbs that a guest has a device for.
tree_add_rdma() {
	local tree=$1 provider
	[[ $(ldd "$2") == *libibverbs* ]] || return 0
	provider=$(find /usr/lib -path '*/libibverbs/librxe-rdmav*.so' -print -quit 2>/dev/null)
	if [[ -z $provider || ! -r /etc/libibverbs.d/rxe.driver ]] ||
		! tree_add_program "$tree" rdma || ! tree_add_program "$tree" ip; then
		say "vm: no RDMA in the guests (packages: ibverbs-providers iproute2)"
		return 0
	fi
	mkdir -p "$tree/etc/libibverbs.d"
	cp -L /etc/libibverbs.d/rxe.driver "$tree/etc/libibverbs.d/"
	tree_add_program "$tree" "$provider"
}

# initramfs_suite OUT BINARY LOADS: the suite; the loads only where a stressor may want them, since
# they are most of the bytes.
initramfs_suite() {
	local out=$1 binary=$2 loads=$3 tree=$vm_work/suite program
	tree_base "$tree" || { because "cannot copy busybox"; return; }
	tree_add_program "$tree" "$binary" || { because "cannot copy $binary and its libraries"; return; }
	tree_add_rdma "$tree" "$binary" || { because "cannot copy the RDMA driver"; return; }
	mv "$tree$binary" "$tree/bin/dirtypin"
	for program in "${guest_programs[@]}"; do
		tree_add_program "$tree" "$program" || say "vm: $program is not installed: not in the guests"
	done
	[[ -z $loads ]] || for program in "${guest_loads[@]}"; do
		tree_add_program "$tree" "$program" || say "vm: $program is not installed: not in the guests"
	done
	tree_pack "$tree" "$out" || { because "cannot write $out"; return; }
	rm -rf "$tree"
}

# The files of the modules that are wanted and of those that these need, in the order of loading.
modules_files() {
	local root=$1 release=$2 module
	for module in "${guest_modules_loaded[@]}" "${guest_modules[@]}"; do
		modprobe -C /dev/null -d "$root" -S "$release" --show-depends "$module" 2>/dev/null
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# Whether a kernel has a module or is built with it.
modules_have() {
	modprobe -C /dev/null -d "$1" -S "$2" --show-depends "$3" >/dev/null 2>&1
}

module_copy() {
	local from=$1 to=$2
	case $from in
	*.xz) xz -dc "$from" >"${to%.xz}" ;;
	*.zst) zstd -q -dc "$from" >"${to%.zst}" ;;
	*.gz) gzip -dc "$from" >"${to%.gz}" ;;
	*) cp -L "$from" "$to" ;;
	esac
}

# initramfs_modules OUT KERNEL_DIR TREE: busybox reads what depmod writes, and cannot unpack.
initramfs_modules() {
	local out=$1 kernel=$2 tree=$3 release file place
	release=$(<"$kernel/release")
	mkdir -p "$tree/etc/dirtypin" "$tree/boot" "$tree/lib/modules/$release"
	printf '%s\n' "${guest_modules_loaded[@]}" >"$tree/etc/dirtypin/modules"
	[[ ! -e $kernel/config ]] || cp -L "$kernel/config" "$tree/boot/config-$release"
	if [[ -d $kernel/root/lib/modules/$release ]]; then
		for file in "${guest_modules_loaded[@]:0:2}"; do
			modules_have "$kernel/root" "$release" "$file" ||
				{ because "has no $file, neither as a module nor built in"; return; }
		done
		while read -r file; do
			place=$tree/${file#"$kernel/root/"}
			mkdir -p "${place%/*}"
			module_copy "$file" "$place" || { because "cannot unpack $file"; return; }
		done < <(modules_files "$kernel/root" "$release")
		cp -L "$kernel/root/lib/modules/$release"/modules.{order,builtin,builtin.modinfo} \
			"$tree/lib/modules/$release/" 2>/dev/null
		attempt depmod -b "$tree" "$release" || return
	else
		: >"$tree/etc/dirtypin/modules"
	fi
	tree_pack "$tree" "$out" || because "cannot write $out"
}

# initramfs_settings OUT TREE: guest.conf and sysctls, from the variables of one guest.
initramfs_settings() {
	local out=$1 tree=$2 setting
	mkdir -p "$tree/etc/dirtypin"
	{
		printf 'NONCE=%q\nGUEST_NAME=%q\nLIMIT_S=%q\nSNAPSHOT_S=%q\n' \
			"$guest_nonce" "$guest_hostname" "$guest_limit_s" "$guest_snapshot_s"
		printf 'COMMAND=%s\n' "$(shell_word "$(shell_words "${guest_command[@]}")")"
		for setting in "${guest_environment[@]}"; do
			printf 'export %s=%s\n' "${setting%%=*}" "$(shell_word "${setting#*=}")"
		done
	} >"$tree/etc/dirtypin/guest.conf"
	printf '%s' "${guest_sysctls:+$guest_sysctls$'\n'}" | tr '\t' '\n' >"$tree/etc/dirtypin/sysctls"
	tree_pack "$tree" "$out" || because "cannot write $out"
}

# In single quotes: printf %q has bash's own ways, and the guest has a plain shell.
shell_word() {
	printf "'%s'" "${1//\'/\'\\\'\'}"
}

shell_words() {
	local word
	for word in "$@"; do
		printf '%s ' "$(shell_word "$word")"
	done
}
