/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparing the views of every subject, at rest.
 */
#ifndef LIB_COMPARE_H
#define LIB_COMPARE_H

#include "lib/run.h"

/* After all ops completed: fsync, then map, buffered, device, direct, with long pins still held. */
void compare_at_rest(struct run *run);

/* After the unpin: fsync, drop what is cached of the files, compare again. Unmaps the memory. */
void compare_unpinned(struct run *run);

/* After the file system was mounted again, in a process of its own: adds to result. */
void compare_remounted(struct run *run);

#endif
