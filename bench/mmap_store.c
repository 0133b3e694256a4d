// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copies bytes into the memory with the CPU. No page is pinned: a store to a clean page of a shared
 * file mapping faults, page_mkwrite() waits for writeback where the device needs stable pages, and
 * the page is dirty before the first byte changes. This is the road that a pin bypasses, so it is
 * the control group for everything that dirties file memory: what fails here has nothing to do with
 * pins. A page that a stressor truncated away answers with SIGBUS, which becomes -EFAULT.
 */
#include <string.h>

#include "lib/guard.h"
#include "lib/run.h"
#include "lib/tables.h"

static void setup(struct mover *mover)
{
	int error = guard_install();

	if (error)
		run_broken(mover->run, "sigaction(SIGBUS): %s", strerror(-error));
}

static unsigned submit(struct mover *mover, struct op **ops, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct op *op = ops[i];
		int error = guarded_copy(op->memory, op->far_memory, op->bytes);

		op_done(mover, op, error ? error : (int64_t)op->bytes);
	}
	return count;
}

static void teardown(struct mover *mover)
{
	/* The handlers stay for the life of the process. */
}

WORKLOAD(mmap_store) = {
	.name = "mmap_store",
	.summary = "copy bytes into the memory with the CPU, without a pin (control)",
	.pin = PIN_NONE,
	.ways = WAY_IN,
	.far = FAR_MEMORY,
	.setup = setup,
	.submit = submit,
	.teardown = teardown,
};
