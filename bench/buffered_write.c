// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moves bytes by read(2) and write(2) through the page cache. The kernel copies them with the CPU
 * (copy_from_user, copy_to_user) and never holds a page of the memory, so nothing can change behind
 * its back: the control group for the file workloads. OUT dirties the far file through the page
 * cache, where writeback cleans it; IN dirties the memory through its page tables, as mmap_store
 * does, but from inside the kernel: a page that is gone is EFAULT, or a short count, not a signal.
 */
#include <errno.h>
#include <unistd.h>

#include "lib/run.h"
#include "lib/tables.h"

struct buffered {
	int far_fd;
};

static void setup(struct mover *mover)
{
	struct buffered *state = mover->state;

	state->far_fd = mover_open_far(mover);
}

static int64_t move(struct mover *mover, const struct op *op)
{
	const struct buffered *state = mover->state;
	ssize_t moved;

	if (mover->way == WAY_OUT)
		moved = pwrite(state->far_fd, op->memory, op->bytes, op->far_offset);
	else
		moved = pread(state->far_fd, op->memory, op->bytes, op->far_offset);
	return moved < 0 ? -errno : moved;
}

static unsigned submit(struct mover *mover, struct op **ops, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		op_done(mover, ops[i], move(mover, ops[i]));
	return count;
}

static void teardown(struct mover *mover)
{
	struct buffered *state = mover->state;

	close(state->far_fd);
}

WORKLOAD(buffered_write) = {
	.name = "buffered_write",
	.summary =
		"write the memory to a file, or read it from one, through the page cache (control)",
	.pin = PIN_NONE,
	.ways = WAY_IN | WAY_OUT,
	.far = FAR_FILE,
	.far_buffered_out = true,
	.state_bytes = sizeof(struct buffered),
	.setup = setup,
	.submit = submit,
	.teardown = teardown,
};
