# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Variables of the other files of vm/ are read and written here:
# shellcheck disable=SC2034,SC2154
#
# The command line of vm, and the configurations that come of it: each kernel with each --append and
# each combination of the sysctls' values. help is front/command_vm.c's.

options_preset() {
	vm_kernels=() vm_appends=() vm_sysctls=() vm_command=()
	vm_out='' vm_jobs=1 vm_memory_mib=2048 vm_cpus=2 vm_timeout_s=600
	vm_accel=auto vm_bisect='' vm_verbose=''
}

# Under git bisect run every other code below 128 would call the kernel bad.
usage() {
	local text="vm: $*"
	say "${text//[[:cntrl:]]/ }"
	exit "$([[ $vm_bisect ]] && echo "$CODE_NO_ANSWER" || echo "$CODE_USAGE")"
}

# option_number NAME VALUE LIMIT
option_number() {
	if ! [[ $2 =~ ^[0-9]{1,9}$ ]] || ((10#$2 < 1 || 10#$2 > $3)); then
		usage "--$1: \"$2\" is not a whole number from 1 to $3"
	fi
	printf '%s' "$((10#$2))"
}

# Seconds of 90, 90s, 15m or 2h.
option_seconds() {
	local unit=1
	if ! [[ $2 =~ ^([0-9]{1,6})([smh]?)$ ]] || ((10#${BASH_REMATCH[1]} == 0)); then
		usage "--$1: \"$2\" is not a time above zero such as 90s, 15m or 2h"
	fi
	case ${BASH_REMATCH[2]} in
	m) unit=60 ;;
	h) unit=3600 ;;
	esac
	printf '%s' "$((10#${BASH_REMATCH[1]} * unit))"
}

option_memory() {
	[[ $1 =~ ^([0-9]{1,6})([MG]?)$ ]] || usage "--memory: \"$1\" is not a size such as 2048 or 2G"
	local mib=$((10#${BASH_REMATCH[1]}))
	[[ ${BASH_REMATCH[2]} != G ]] || mib=$((mib * 1024))
	((mib >= 256)) || usage "--memory: a guest needs 256 MiB or more"
	printf '%s' "$mib"
}

option_set() {
	case $1 in
	kernel) [[ $2 ]] || usage "--kernel is empty"; vm_kernels+=("$2") ;;
	append) vm_appends+=("$2") ;;
	sysctl)
		[[ $2 =~ ^[A-Za-z0-9_./-]+=[^[:cntrl:]]+$ ]] || usage "--sysctl: \"$2\" is not KEY=VALUE"
		vm_sysctls+=("$2")
		;;
	out) [[ $2 ]] || usage "--out is empty"; vm_out=$2 ;;
	jobs) vm_jobs=$(option_number jobs "$2" 64) || exit ;;
	cpus) vm_cpus=$(option_number cpus "$2" 64) || exit ;;
	memory) vm_memory_mib=$(option_memory "$2") || exit ;;
	timeout) vm_timeout_s=$(option_seconds timeout "$2") || exit ;;
	accel)
		[[ $2 == auto || $2 == kvm || $2 == tcg ]] || usage "--accel: \"$2\" is not one of auto, kvm, tcg"
		vm_accel=$2
		;;
	bisect) [[ $2 ]] || usage "--bisect is empty"; vm_bisect=$2 ;;
	esac
}

# Leaves the caller with the vm_ variables above; a mistake ends the program with one sentence.
options_read() {
	local name
	options_preset
	# It decides what a mistake's exit code is, wherever it stands.
	for name in "$@"; do
		[[ $name != -- ]] || break
		[[ $name != --bisect && $name != --bisect=* ]] || vm_bisect=yes
	done
	while (($#)); do
		case $1 in
		--)
			shift
			vm_command=("$@")
			break
			;;
		-v | --verbose) vm_verbose=yes ;;
		--kernel=* | --append=* | --sysctl=* | --out=* | --jobs=* | --memory=* | --cpus=* | \
			--timeout=* | --accel=* | --bisect=*)
			name=${1%%=*}
			option_set "${name#--}" "${1#*=}"
			;;
		--kernel | --append | --sysctl | --out | --jobs | --memory | --cpus | --timeout | \
			--accel | --bisect)
			(($# > 1)) || usage "$1 needs a value"
			option_set "${1#--}" "$2"
			shift
			;;
		-*) usage "unknown option $1 (./run.sh vm --help lists them)" ;;
		*) usage "\"$1\" is no option (the command for the guests stands behind --)" ;;
		esac
		shift
	done
	options_check
}

options_check() {
	((${#vm_kernels[@]})) || usage "no kernel is named (try: --kernel debian/bookworm)"
	if [[ $vm_bisect ]]; then
		((${#vm_kernels[@]} == 1)) || usage "--bisect is about one kernel"
		((${#vm_command[@]} == 0)) || usage "--bisect CASE says what to run: no command stands behind --"
		vm_command=(run "$vm_bisect")
	fi
	((${#vm_appends[@]})) || vm_appends=('')
	case ${vm_command[0]-} in
	vm | matrix | report | test | guest-result) usage "${vm_command[0]} cannot run in a guest" ;;
	esac
}

# Every combination of one value for each key, as lines of KEY=VALUE separated by tabs; one empty line
# without sysctls.
sysctl_sets() {
	local -a sets=('') longer
	local -A seen=()
	local setting other set
	for setting in "${vm_sysctls[@]}"; do
		[[ -z ${seen[${setting%%=*}]-} ]] || continue
		seen[${setting%%=*}]=yes
		longer=()
		for set in "${sets[@]}"; do
			for other in "${vm_sysctls[@]}"; do
				[[ ${other%%=*} != "${setting%%=*}" ]] || longer+=("${set:+$set$'\t'}$other")
			done
		done
		sets=("${longer[@]}")
	done
	printf '%s\n' "${sets[@]}"
}
