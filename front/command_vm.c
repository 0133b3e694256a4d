// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "front/arguments.h"

/* Guests are started by vm/vm.sh; what they run is this program. */
static int run_vm(const struct arguments *arguments)
{
	for (int i = 1; i < arguments->argc && strcmp(arguments->argv[i], "--") != 0; i++) {
		if (strcmp(arguments->argv[i], "--help") == 0 ||
		    strcmp(arguments->argv[i], "-h") == 0) {
			help_command(stdout, arguments->command);
			return CODE_PASSED;
		}
	}
	fprintf(stderr, "dirtypin: vm starts this program on other kernels: start it as ./run.sh "
			"vm\n");
	return CODE_USAGE;
}

const struct command command_vm = {
	.name = "vm",
	.words = "--kernel K [OPTIONS] [-- COMMAND...]",
	.summary =
		"the same command inside QEMU on other kernels, one bundle each, then the matrix",
	.details =
		"Boots each kernel with the suite inside, runs COMMAND there as on any machine "
		"(the "
		"quick profile, for 110 s, if there is none), brings back one bundle per kernel "
		"and "
		"prints the matrix. A kernel that does not boot, panics or hangs is a column that "
		"says so, and the others go on. Needs no root.\n\n"
		"--kernel K (repeatable): debian/SUITE[:FLAVOUR], the newest stock kernel of "
		"bullseye, bookworm, bookworm-backports, trixie, sid or another suite (flavour "
		"amd64, rt-amd64 or cloud-amd64), debian/SUITE=VERSION, a .deb, a "
		"bzImage[,modules=DIR], or a kernel build tree. Stock kernels are fetched from the "
		"system's own Debian mirror (or DIRTYPIN_MIRROR), checked against Debian's archive "
		"keys and kept in ~/.cache/dirtypin.\n"
		"--append CMDLINE: added to the kernel's command line. Given several times, each "
		"makes a configuration of its own ('' for the plain one): a column for each kernel "
		"with each.\n"
		"--sysctl KEY=VALUE (repeatable): set in the guest before the command. The same "
		"key "
		"given several times makes a configuration for each value.\n"
		"--out DIR: where the bundles go, each with its release in its name (default: a "
		"new "
		"directory in results/runs)\n"
		"--jobs N: guests at a time (default: 1)\n"
		"--memory M: of a guest, in MiB or with G (default: 2G)\n"
		"--cpus N: of a guest (default: 2)\n"
		"--timeout T: for one guest, such as 90s or 15m; then it is asked to end, and 30 s "
		"later it is stopped (default: 10m)\n"
		"--accel auto|kvm|tcg: auto takes KVM only if a guest really boots with it "
		"(default: "
		"auto)\n"
		"--bisect CASE: runs that case on one kernel and exits with 0 (good), 1 (bad) or "
		"125 "
		"(cannot answer), as git bisect run wants it. In a kernel tree: git bisect run sh "
		"-c "
		"'make -s bzImage || exit 125; .../run.sh vm --kernel . --bisect CASE'\n"
		"-v: shows what the guests print",
	.maximum_words = ANY_WORDS,
	.parses_itself = true,
	.run = run_vm,
};
