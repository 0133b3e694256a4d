#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The front door: installs what is missing (Debian and Ubuntu, as root; elsewhere it says what to
# install), builds into build/, and hands over to build/dirtypin. ./run.sh help explains the rest.
#
#   DIRTYPIN_BUILD        another build directory
#   DIRTYPIN_CMAKE_FLAGS  options for a new one, such as "-D DIRTYPIN_WERROR=ON"
#   DIRTYPIN_BINARY       a program that is built already: nothing is installed or built
set -euo pipefail

source_dir=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
build_dir=${DIRTYPIN_BUILD:-$source_dir/build}

# What the build needs, and what the cases need while they run.
build_packages=(cmake make gcc pkg-config libc6-dev liburing-dev libaio-dev libjansson-dev
	libinih-dev libxxhash-dev libcmocka-dev rdma-core libibverbs-dev librdmacm-dev)
run_packages=(fio stress-ng gnuplot-nox e2fsprogs xfsprogs btrfs-progs ibverbs-providers
	iproute2 kmod)
# What vm needs on top, as TOOL:PACKAGE: only who uses it gets an emulator.
vm_tools=(qemu-system-x86_64:qemu-system-x86 busybox:busybox-static cpio:cpio depmod:kmod xz:xz-utils
	zstd:zstd /usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring mkfs.f2fs:f2fs-tools)

# The exit code of "broken"; git bisect run would take it for a bad kernel.
broken_code=5

say() {
	printf '%s\n' "$*" >&2
}

# We could not get ready to ask the question: the exit code of "broken".
die() {
	say "run.sh: $*"
	exit "$broken_code"
}

missing_packages() {
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		awk -v wanted="$*" '
			$1 == "installed" { have[$2] = 1 }
			END {
				n = split(wanted, name, " ")
				for (i = 1; i <= n; i++)
					if (!(name[i] in have))
						print name[i]
			}' || true
}

apt_install() {
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		"$@" >>"$log" 2>&1
}

# The index may be empty or old: fetch it when the first try fails.
install_packages() {
	log=$(mktemp)
	say "installing $*"
	if apt_install "$@" || { apt-get update >>"$log" 2>&1 && apt_install "$@"; }; then
		rm -f "$log"
		return 0
	fi
	return 1
}

# Fails if something is still missing that the build can do without.
need_on_debian() {
	local missing
	mapfile -t missing < <(missing_packages "${build_packages[@]}" "${run_packages[@]}")
	((${#missing[@]})) || return 0
	if ((EUID != 0)); then
		say "missing packages: ${missing[*]} (try: sudo apt-get install ${missing[*]})"
	elif install_packages "${missing[@]}"; then
		return 0
	else
		cat "$log" >&2
		rm -f "$log"
		say "run.sh: apt-get could not install ${missing[*]}"
	fi
	can_build || exit "$broken_code"
	return 1
}

# Whether the build would find what it cannot do without; build_lacks names what it would not.
can_build() {
	local tool module
	build_lacks=()
	for tool in cmake pkg-config; do
		command -v "$tool" >/dev/null || build_lacks+=("$tool")
	done
	command -v make >/dev/null || command -v ninja >/dev/null || build_lacks+=("make or ninja")
	command -v cc >/dev/null || command -v gcc >/dev/null || build_lacks+=("a C compiler")
	for module in jansson inih libxxhash cmocka; do
		pkg-config --exists "$module" 2>/dev/null || build_lacks+=("$module (headers)")
	done
	((${#build_lacks[@]} == 0))
}

need_elsewhere() {
	can_build && return 0
	say "run.sh: missing: $(printf '%s, ' "${build_lacks[@]}" | sed 's/, $//')"
	say "  Fedora, RHEL:  dnf install cmake make gcc pkgconf-pkg-config liburing-devel libaio-devel" \
		"jansson-devel inih-devel xxhash-devel libcmocka-devel rdma-core-devel fio stress-ng" \
		"gnuplot e2fsprogs xfsprogs btrfs-progs libibverbs iproute kmod"
	say "  others: the packages that Debian calls ${build_packages[*]} ${run_packages[*]}"
	exit "$broken_code"
}

# A stamp with the lists in it makes the second start quick.
get_ready() {
	local stamp=$build_dir/.packages wanted="${build_packages[*]} ${run_packages[*]}"
	[[ -r $stamp && $(<"$stamp") == "$wanted" ]] && return 0
	mkdir -p "$build_dir"
	if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
		need_on_debian || return 0
	else
		need_elsewhere
	fi
	printf '%s' "$wanted" >"$stamp"
}

quietly() {
	local log status=0
	log=$(mktemp)
	"$@" >"$log" 2>&1 || status=$?
	((status == 0)) || cat "$log" >&2
	rm -f "$log"
	return "$status"
}

# A directory is newer when a file in it appeared or went.
is_built() {
	[[ -x $build_dir/dirtypin && -e $build_dir/.built ]] &&
		[[ -z $(cd "$source_dir" && find CMakeLists.txt bench stress reproducers lib front \
			results -path results/runs -prune -o -newer "$build_dir/.built" -print -quit) ]]
}

build() {
	say "building..."
	: >"$build_dir/.started"
	if [[ ! -e $build_dir/build.ninja && ! -e $build_dir/Makefile ]]; then
		local flags=()
		read -ra flags <<<"${DIRTYPIN_CMAKE_FLAGS:-}"
		command -v ninja >/dev/null && flags+=(-G Ninja)
		quietly cmake -S "$source_dir" -B "$build_dir" "${flags[@]}" ||
			die "cmake failed (try: rm -r $build_dir)"
	fi
	quietly cmake --build "$build_dir" --parallel "$(nproc)" "$@" || die "the build failed"
	# What changed while the compiler ran is newer than the start.
	mv "$build_dir/.started" "$build_dir/.built"
}

# Whether the words are a call of vm that starts guests: its help is the program's.
wants_vm() {
	[[ ${1:-} == vm ]] || return 1
	local word
	for word in "$@"; do
		case $word in
		--) return 0 ;;
		--help | -h) return 1 ;;
		esac
	done
}

# Elsewhere, and without root, vm itself says what is missing.
need_vm() {
	local pair tool missing=()
	((EUID == 0)) && command -v apt-get >/dev/null || return 0
	for pair in "${vm_tools[@]}"; do
		tool=${pair%%:*}
		[[ -r $tool ]] || PATH=$PATH:/usr/sbin:/sbin command -v "$tool" >/dev/null ||
			missing+=("${pair##*:}")
	done
	((${#missing[@]} == 0)) || install_packages "${missing[@]}" || {
		cat "$log" >&2
		rm -f "$log"
	}
}

# hand_over PROGRAM WORD...
hand_over() {
	local program=$1
	shift
	if wants_vm "$@"; then
		need_vm
		shift
		DIRTYPIN_BINARY=$program exec "$source_dir/vm/vm.sh" "$@"
	fi
	exec "$program" "$@"
}

if wants_vm "$@" && [[ " $* " == *" --bisect"[\ =]* ]]; then
	broken_code=125
fi
if [[ -n ${DIRTYPIN_BINARY:-} ]]; then
	hand_over "$DIRTYPIN_BINARY" "$@"
fi
get_ready
if [[ ${1:-} == test && ${2:-} != --help && ${2:-} != -h ]]; then
	shift
	build
	cd "$build_dir"
	exec ctest --output-on-failure "$@"
fi
is_built || build --target dirtypin
hand_over "$build_dir/dirtypin" "$@"
