/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stressors that write blocks of their own to the subject's file share, whichever road they
 * write by.
 */
#ifndef LIB_OVERWRITE_H
#define LIB_OVERWRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/run.h"

struct overwrite {
	int fd;
	uint8_t *bytes; /* one block */
	/* How far around a block the page cache may be disturbed by its write; 0: not at all. */
	uint64_t reach_bytes;
	bool for_good; /* what is disturbed is excused for the rest of the case */
	unsigned long long writes;
};

enum { OVERWRITE_EXCUSES = EXCUSE_OLDER | EXCUSE_TORN };

/* Opens the subject with flags (O_DIRECT or 0). collides: the movers reach the same file by another
 * road. Call it from a thread of the case's process: ends the case by run_skip() where ops do not
 * move bytes to a file, or a block is not aligned for O_DIRECT. */
void overwrite_start(struct stress *stress, struct overwrite *overwrite, int flags, bool collides);

/* Writes one block. Returns 1 or -errno, as disturb() does. */
int overwrite_block(struct stress *stress, struct overwrite *overwrite);

void overwrite_stop(struct stress *stress, struct overwrite *overwrite);

#endif
