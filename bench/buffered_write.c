// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moves bytes by read(2) and write(2) through the page cache. The kernel copies them with the CPU
 * (copy_from_user, copy_to_user) and never holds a page of the memory, so nothing can change behind
 * its back: the control group for the file workloads. OUT dirties the far file through the page
 * cache, where writeback cleans it; IN dirties the memory through its page tables, as mmap_store
 * does, but from inside the kernel: a page that is gone is EFAULT, or a short count, not a signal.
 */
#include "lib/positioned.h"
#include "lib/tables.h"

WORKLOAD(buffered_write) = {
	.name = "buffered_write",
	.summary =
		"write the memory to a file, or read it from one, through the page cache (control)",
	.pin = PIN_NONE,
	.ways = WAY_IN | WAY_OUT,
	.far = FAR_FILE,
	.far_buffered_out = true,
	.state_bytes = sizeof(struct positioned),
	.setup = positioned_setup,
	.submit = positioned_submit,
	.teardown = positioned_teardown,
};
