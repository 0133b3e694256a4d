# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Variables of the other files of vm/ are read and written here:
# shellcheck disable=SC2034,SC2154
#
# From the name of a kernel to the files of one. A kernel is a directory with vmlinuz, release and,
# where they are known, config and root/lib/modules/RELEASE with what depmod made of it. Kernels from
# packages stay in the cache; what lies in a developer's tree is read anew each time, since it changes.

# The parts of a distribution's kernel that no guest of ours has a device for: most of its bytes.
kernel_left_out=(drivers/gpu drivers/media drivers/net/ethernet drivers/net/wireless drivers/staging
	drivers/iio drivers/usb drivers/input drivers/hid drivers/hwmon sound)

# kernel_find NAME WORK: sets kernel_dir. WORK is a directory for what is not cached.
kernel_find() {
	local name=$1 work=$2
	case $name in
	debian/*) kernel_from_debian "${name#debian/}" ;;
	*.deb) kernel_from_package "$name" ;;
	*,modules=*) kernel_from_image "${name%%,modules=*}" "${name#*,modules=}" "$work" ;;
	*)
		if [[ -d $name ]]; then
			kernel_from_tree "$name" "$work"
		else
			kernel_from_image "$name" "" "$work"
		fi
		;;
	esac
}

# Unpacks packages into a new directory: what the kernel, its modules and its config are called
# differs between suites, what stands behind /boot and /lib/modules does not. Needs no root.
kernel_unpack() {
	local into=$1 package path
	shift
	local -a without=()
	for path in "${kernel_left_out[@]}"; do
		without+=("--exclude=*/kernel/$path")
	done
	rm -rf "$into" && mkdir -p "$into/root/lib" || return 1
	for package in "$@"; do
		dpkg-deb --fsys-tarfile "$package" |
			tar -x -C "$into/root" --no-same-owner "${without[@]}" --exclude=./usr/share || return 1
	done
	if [[ -d $into/root/usr/lib/modules ]]; then
		mv "$into/root/usr/lib/modules" "$into/root/lib/modules" || return 1
	fi
	kernel_settle "$into"
}

# Names the parts of an unpacked kernel, and has depmod index its modules.
kernel_settle() {
	local into=$1 image release
	image=$(find "$into/root" -path '*/boot/vmlinuz-*' -o -path '*/lib/modules/*/vmlinuz' | head -n 1)
	[[ $image ]] || { because "no vmlinuz in the package"; return; }
	release=${image##*/vmlinuz-}
	[[ $image == */boot/* ]] || release=$(basename "${image%/vmlinuz}")
	mv "$image" "$into/vmlinuz"
	image=$into/root/boot/config-$release
	[[ -e $image ]] || image=$into/root/lib/modules/$release/config
	[[ ! -e $image ]] || mv "$image" "$into/config"
	attempt depmod -b "$into/root" "$release" || return
	printf '%s\n' "$release" >"$into/release"
}

# kernel_cached NAME PACKAGE...: unpacks once; a directory is there whole or not at all.
kernel_cached() {
	local final=$vm_cache/kernels/$1
	shift
	kernel_dir=$final
	[[ -e $final/release ]] && return 0
	kernel_unpack "$final.new.$$" "$@" || {
		rm -rf "$final.new.$$"
		because "cannot unpack ${*##*/}: ${vm_why:-see above}"
		return
	}
	mv -T "$final.new.$$" "$final" 2>/dev/null || rm -rf "$final.new.$$"
	[[ -e $final/release ]] || because "cannot write $final"
}

kernel_from_package() {
	[[ -r $1 ]] || { because "$1: no such file"; return; }
	local sum
	sum=$(sha256sum "$1") && mkdir -p "$vm_cache/kernels" || return 1
	kernel_cached "deb-${sum:0:16}" "$1"
}

# The release is in the header of a bzImage: "HdrS" at 0x202, and at 0x20e where the text is.
kernel_image_release() {
	local at
	[[ $(dd if="$1" bs=1 skip=514 count=4 status=none 2>/dev/null | tr -d '\0') == HdrS ]] || return 1
	at=$(od -An -tu2 --endian=little -j 526 -N 2 "$1") || return 1
	dd if="$1" bs=1 skip=$((at + 512)) count=128 status=none | tr '\0' '\n' | head -n 1 | cut -d' ' -f1
}

# kernel_plain IMAGE OUT: the ELF image that a bzImage has packed in it. The header says where: the
# sectors before the protected-mode part at 0x1f1, place and length of what is packed in there at 0x248.
kernel_plain() {
	local sectors offset length at magic
	read -r sectors < <(od -An -tu1 -j 497 -N 1 "$1")
	read -r offset length < <(od -An -tu4 --endian=little -j 584 -N 8 "$1")
	at=$(((sectors + 1) * 512 + offset))
	magic=$(od -An -tx1 -j "$at" -N 4 "$1" | tr -d ' ')
	# The last four bytes are the unpacked length, which is no part of the stream.
	tail -c "+$((at + 1))" "$1" | head -c "$((length - 4))" | case $magic in
	fd377a58) xz -dc ;;
	28b52ffd) zstd -q -dc ;;
	*) false ;;
	esac >"$2"
	((PIPESTATUS[2] == 0)) && [[ $(od -An -tx1 -N 4 "$2" | tr -d ' ') == 7f454c46 ]]
}

# DIR of modules=DIR is a root with lib/modules/RELEASE in it, or that directory itself.
kernel_from_image() {
	local image=$1 modules=$2 work=$3 release
	[[ -r $image && -f $image ]] || { because "$image: no such file"; return; }
	release=$(kernel_image_release "$image")
	[[ $release ]] || { because "$image is not a bzImage"; return; }
	kernel_dir=$work
	mkdir -p "$work/root/lib/modules"
	ln -sf "$(readlink -f "$image")" "$work/vmlinuz"
	printf '%s\n' "$release" >"$work/release"
	[[ $modules ]] || return 0
	[[ -d $modules/lib/modules/$release ]] && modules=$modules/lib/modules/$release
	[[ -d $modules/kernel || -e $modules/modules.order ]] || {
		because "modules=$modules has no modules of $release (try: make modules_install INSTALL_MOD_PATH=DIR)"
		return
	}
	# Links, so that depmod writes beside them and not into somebody's tree.
	cp -rs "$(readlink -f "$modules")/." "$work/root/lib/modules/$release" &&
		rm -f "$work/root/lib/modules/$release"/modules.{dep,dep.bin,alias,alias.bin,symbols,symbols.bin} &&
		attempt depmod -b "$work/root" "$release"
}

# A tree that was built: bzImage, .config, and modules if it made any.
kernel_from_tree() {
	local tree=$1 work=$2
	local image=$tree/arch/x86/boot/bzImage
	[[ -r $image ]] || { because "$tree has no arch/x86/boot/bzImage (try: make -C $tree bzImage)"; return; }
	kernel_from_image "$image" "" "$work" || return
	if [[ -r $tree/.config ]]; then
		ln -sf "$(readlink -f "$tree/.config")" "$work/config"
	fi
	[[ -s $tree/modules.order ]] || return 0
	attempt make -s -C "$tree" modules_install INSTALL_MOD_PATH="$work/root" INSTALL_MOD_STRIP=1 ||
		because "$tree: modules_install failed: $vm_why (try: make -C $tree modules)"
}
