/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ops by pread(2) and pwrite(2) on the far file, each over when its call returns: one in flight per
 * mover, whatever the depth. Whether the file is open with O_DIRECT, the workload's table says.
 */
#ifndef LIB_POSITIONED_H
#define LIB_POSITIONED_H

#include "lib/run.h"

/* The state_bytes of a workload that uses these for its setup, submit and teardown. */
struct positioned {
	int far_fd;
};

void positioned_setup(struct mover *mover);
unsigned positioned_submit(struct mover *mover, struct op **ops, unsigned count);
void positioned_teardown(struct mover *mover);

#endif
