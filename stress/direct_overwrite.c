// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes blocks of its own to the subject by O_DIRECT, between the blocks of the movers. Where the
 * movers do the same, the writes have nothing to do with each other and all must arrive. Where they
 * reach the file through its page cache or a pin of its mapping, a direct write drops the folio
 * that a neighbour is using: that is the documented limitation of mixing the two, and the slots of
 * the same folio are excused for the time of the write (lib/overwrite.c says which and why). When
 * the folio could not be dropped the kernel says so in its log.
 */
#include <fcntl.h>

#include "lib/overwrite.h"
#include "lib/tables.h"

static void start(struct stress *stress)
{
	const struct run *run = stress->run;
	bool page_cache = run->subject[0].map || case_dirties_page_cache(run->spec);

	overwrite_start(stress, stress->state, O_DIRECT, page_cache);
}

static int disturb(struct stress *stress)
{
	return overwrite_block(stress, stress->state);
}

static void stop(struct stress *stress)
{
	overwrite_stop(stress, stress->state);
}

static const char *const ignored_kernel_log[] = {"Page cache invalidation failure on direct I/O",
						 NULL};

STRESSOR(direct_overwrite) = {
	.name = "direct_overwrite",
	.summary = "write blocks of its own to the file by O_DIRECT",
	.place = INSIDE,
	.needs = NEED_FILE | NEED_DISK_FILE | NEED_DIRECT_IO,
	.excuses = OVERWRITE_EXCUSES,
	.excuses_sync_error = true,
	.owns_blocks = true,
	.ignored_kernel_log = ignored_kernel_log,
	.pause_ns = 200000,
	.state_bytes = sizeof(struct overwrite),
	.start = start,
	.disturb = disturb,
	.stop = stop,
};
