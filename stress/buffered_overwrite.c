// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes blocks of its own to the subject through the page cache, between the blocks of the movers.
 * A mapping and its pins share the pages with it, and all bytes must arrive: a page is dirtied by a
 * pin and by write(2) at the same time, each in its own slots. Where the movers write the same file
 * by O_DIRECT, a page that is read for this write while a direct write to its neighbour is under
 * way holds older bytes of the neighbour, or half of the new ones, and writeback puts them over it:
 * the documented limitation of mixing the two (lib/overwrite.c), excused for the slots of the same
 * folio and the time of the write.
 */
#include "lib/overwrite.h"
#include "lib/tables.h"

static bool movers_write_direct(const struct run *run)
{
	const struct case_spec *spec = run->spec;

	for (unsigned i = 0; i < spec->workloads; i++) {
		if (run->way == WAY_OUT && spec->workload[i]->far == FAR_FILE &&
		    spec->workload[i]->far_direct && spec->filesystem->direct_align)
			return true;
	}
	return false;
}

static void start(struct stress *stress)
{
	overwrite_start(stress, stress->state, 0, movers_write_direct(stress->run));
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

STRESSOR(buffered_overwrite) = {
	.name = "buffered_overwrite",
	.summary = "write blocks of its own to the file through the page cache",
	.place = INSIDE,
	.needs = NEED_FILE,
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
