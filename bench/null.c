// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moves nothing and pins nothing: the stamp that the engine stores into the memory is already the
 * result, and every op ends at once. A fail here is a fail of the suite, or of plain stores by the
 * CPU; its throughput is what the suite itself costs per op.
 *
 * This file is also the contract of a workload, in full:
 *
 *   - The engine picks a block, issues its next generation, stamps the source (op->memory for OUT
 *     and FAR_SELF, the far end for IN) and calls submit() with a batch of ops.
 *   - submit() moves exactly op->bytes between op->memory and the far end: nothing (FAR_SELF),
 *     op->far_memory (FAR_MEMORY), or run->far_path at op->far_offset (FAR_FILE).
 *   - Each op is ended once, by op_done(), with the bytes that the kernel moved or with -errno. A
 *     workload retries nothing and judges nothing: a short count is passed on as it is.
 *   - A synchronous workload ends its ops in submit() and has no reap(). An asynchronous one may
 *     only queue them there; reap(wanted) always follows, and ends at least wanted of them.
 *   - setup() and teardown() run in the main thread, submit() and reap() in the mover's own.
 *   - What goes wrong in setup ends the case: run_broken(), run_skip() for one listed errno at the
 * one call that may say it, run_refused() for a pin that the kernel turned down.
 *   - The table at the end is all that the rest of the suite sees.
 */
#include "lib/run.h"
#include "lib/tables.h"

static void setup(struct mover *mover)
{
	/* Nothing lasts: no state_bytes, no descriptor, no pin. */
}

static unsigned submit(struct mover *mover, struct op **ops, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		op_done(mover, ops[i], ops[i]->bytes);
	return count;
}

static void teardown(struct mover *mover)
{
	/* What setup() took is given back here, long pins first. */
}

WORKLOAD(null) = {
	.name = "null",
	.summary = "move nothing: the CPU stores the stamps, and that is all (control)",
	.pin = PIN_NONE,
	.ways = WAY_IN | WAY_OUT,
	.far = FAR_SELF,
	.setup = setup,
	.submit = submit,
	.teardown = teardown,
};
