# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Variables of the other files of vm/ are read and written here:
# shellcheck disable=SC2034,SC2154
#
# What the files of vm/ share: messages, the cache, and the exit codes of README.md.

readonly CODE_BROKEN=5 CODE_USAGE=64 CODE_NO_ANSWER=125

vm_cache=${XDG_CACHE_HOME:-$HOME/.cache}/dirtypin

say() {
	printf '%s\n' "$*" >&2
}

# A function that fails says why in one sentence: vm_why holds it for whoever called.
because() {
	vm_why=$*
	return 1
}

# The milliseconds of a clock that never goes back.
clock_ms() {
	local up
	read -r up _ </proc/uptime
	printf '%s' $((10#${up/./} * 10))
}

# The last line of a file that is not empty, without control bytes, for a sentence.
last_line() {
	tr -d '\000-\010\013-\037\177' <"$1" 2>/dev/null | awk 'NF { line = $0 } END { print line }'
}

# Runs a command quietly; its last words are the reason when it fails.
attempt() {
	local log status=0
	log=$(mktemp)
	"$@" >"$log" 2>&1 || status=$?
	((status == 0)) || vm_why="$1: $(last_line "$log")"
	rm -f "$log"
	return "$status"
}
