/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stressors that remove ranges of the subject's file share: which ranges can be removed, and
 * what is excused for how long.
 */
#ifndef LIB_REMOVAL_H
#define LIB_REMOVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/run.h"

struct removal {
	int fd;              /* the subject, by a struct file of its own */
	uint64_t bytes;      /* of the subject */
	uint64_t unit_bytes; /* whole pages, whole blocks of the file system and whole slots */
	uint64_t units;
	uint8_t *excused; /* one per unit, where a removal is excused for good; else NULL */
	unsigned long long removals, removed_bytes;
};

enum { REMOVAL_EXCUSES = EXCUSE_ZEROS | EXCUSE_TORN };

/* Opens the subject. Call it from a thread of the case's process: ends the case by run_skip() where
 * ops do not move bytes to a file. */
void removal_start(struct stress *stress, struct removal *removal);

/* Stand directly around the act, with whole units. */
void removal_begin(struct stress *stress, struct removal *removal, uint64_t offset, uint64_t bytes);
void removal_end(struct stress *stress, struct removal *removal, uint64_t offset, uint64_t bytes);

void removal_stop(struct removal *removal);

#endif
