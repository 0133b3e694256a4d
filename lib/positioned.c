// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/positioned.h"

#include <errno.h>
#include <unistd.h>

void positioned_setup(struct mover *mover)
{
	struct positioned *state = mover->state;

	state->far_fd = mover_open_far(mover);
}

static int64_t move(const struct mover *mover, const struct op *op)
{
	const struct positioned *state = mover->state;
	ssize_t moved;

	if (mover->way == WAY_OUT)
		moved = pwrite(state->far_fd, op->memory, op->bytes, op->far_offset);
	else
		moved = pread(state->far_fd, op->memory, op->bytes, op->far_offset);
	return moved < 0 ? -errno : moved;
}

unsigned positioned_submit(struct mover *mover, struct op **ops, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		op_done(mover, ops[i], move(mover, ops[i]));
	return count;
}

void positioned_teardown(struct mover *mover)
{
	struct positioned *state = mover->state;

	close(state->far_fd);
}
