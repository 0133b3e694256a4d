// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Truncates the subject somewhere in its upper half and extends it to its full size again. The
 * pages behind the new end are taken out of the file at once, also those that an I/O has pinned: it
 * goes on with a page that belongs to nothing. While the file is short, a pin of the mapping behind
 * its end is refused (EFAULT), and a copy by the kernel stops there. Afterwards the range is a
 * hole: zeros, or what was moved later; never what was there before, and never bytes of another
 * file.
 */
#include <errno.h>
#include <unistd.h>

#include "lib/removal.h"
#include "lib/tables.h"

static void start(struct stress *stress)
{
	removal_start(stress, stress->state);
}

static int disturb(struct stress *stress)
{
	struct removal *state = stress->state;
	uint64_t half = state->units / 2;
	uint64_t keep = (half + stress_random(stress, state->units - half)) * state->unit_bytes;
	uint64_t removed = state->bytes - keep;
	int error = 0;

	removal_begin(stress, state, keep, removed);
	if (ftruncate(state->fd, keep) || ftruncate(state->fd, state->bytes))
		error = errno;
	removal_end(stress, state, keep, removed);
	if (error)
		stress_note(stress, "ftruncate to %llu bytes and back to %llu failed",
			    (unsigned long long)keep, (unsigned long long)state->bytes);
	return error ? -error : 1;
}

static void stop(struct stress *stress)
{
	struct removal *state = stress->state;

	stress_note(stress, "truncated and extended %llu times, %llu MiB in all", state->removals,
		    state->removed_bytes >> 20);
	removal_stop(state);
}

static const int excused_errors[] = {EFAULT, 0};

static const char *const ignored_kernel_log[] = {"Page cache invalidation failure on direct I/O",
						 NULL};

STRESSOR(truncate_race) = {
	.name = "truncate_race",
	.summary = "truncate the file within its upper half and extend it again",
	.place = INSIDE,
	.needs = NEED_FILE,
	.excuses = REMOVAL_EXCUSES,
	.excused_errors = excused_errors,
	.excuses_short = true,
	.excuses_sync_error = true,
	.removes = true,
	.ignored_kernel_log = ignored_kernel_log,
	.pause_ns = 1000000,
	.state_bytes = sizeof(struct removal),
	.start = start,
	.disturb = disturb,
	.stop = stop,
};
