// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Punches holes into the subject, and zeroes ranges of it where the file system can do that without
 * writing (FALLOC_FL_ZERO_RANGE: the blocks stay, marked as unwritten). Both take the pages out of
 * the file, also those that an I/O has pinned, and give the blocks back while writeback may be
 * about to write to them. Afterwards the range reads as zeros or as what was moved later; bytes
 * that come back from before, or blocks that get another file's bytes, are the file system's
 * mistake.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/removal.h"
#include "lib/tables.h"

enum { UNITS_AT_ONCE = 16, ZERO_ONE_IN = 4 };

struct punch_race {
	struct removal removal;
	bool no_zero_range;
	unsigned long long zeroed;
};

static void start(struct stress *stress)
{
	struct punch_race *state = stress->state;
	struct removal *removal = &state->removal;

	removal_start(stress, removal);
	/* Behind the end of the file there is nothing to punch. */
	if (fallocate(removal->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, removal->bytes,
		      removal->unit_bytes) == 0)
		return;
	if (errno == EOPNOTSUPP)
		run_skip(stress->run, "punch_race: %s cannot punch holes into a file (EOPNOTSUPP)",
			 stress->run->spec->filesystem->name);
	run_broken(stress->run, "fallocate(PUNCH_HOLE) behind the end of the file: %s",
		   strerror(errno));
}

/* Removes the range. Returns 0 or -errno. */
static int remove_range(struct punch_race *state, uint64_t offset, uint64_t bytes, bool zero)
{
	int fd = state->removal.fd;

	if (zero) {
		if (fallocate(fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, bytes) == 0) {
			state->zeroed++;
			return 0;
		}
		if (errno != EOPNOTSUPP)
			return -errno;
		state->no_zero_range = true;
	}
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, bytes))
		return -errno;
	return 0;
}

static int disturb(struct stress *stress)
{
	struct punch_race *state = stress->state;
	struct removal *removal = &state->removal;
	uint64_t first = stress_random(stress, removal->units);
	uint64_t count = 1 + stress_random(stress, UNITS_AT_ONCE);
	bool zero = !state->no_zero_range && stress_random(stress, ZERO_ONE_IN) == 0;
	uint64_t offset = first * removal->unit_bytes, bytes;
	int error;

	if (count > removal->units - first)
		count = removal->units - first;
	bytes = count * removal->unit_bytes;
	removal_begin(stress, removal, offset, bytes);
	error = remove_range(state, offset, bytes, zero);
	removal_end(stress, removal, offset, bytes);
	if (error)
		stress_note(stress, "fallocate(%s) of %llu bytes at %llu failed",
			    zero ? "ZERO_RANGE" : "PUNCH_HOLE", (unsigned long long)bytes,
			    (unsigned long long)offset);
	return error ? error : 1;
}

static void stop(struct stress *stress)
{
	struct punch_race *state = stress->state;
	struct removal *removal = &state->removal;

	stress_note(stress, "%llu holes punched, %llu ranges zeroed%s, %llu MiB in all",
		    removal->removals - state->zeroed, state->zeroed,
		    state->no_zero_range ? " (the file system cannot)" : "",
		    removal->removed_bytes >> 20);
	removal_stop(removal);
}

STRESSOR(punch_race) = {
	.name = "punch_race",
	.summary = "punch holes into the file and zero ranges of it",
	.place = INSIDE,
	.needs = NEED_FILE,
	.excuses = REMOVAL_EXCUSES,
	.removes = true,
	.pause_ns = 500000,
	.state_bytes = sizeof(struct punch_race),
	.start = start,
	.disturb = disturb,
	.stop = stop,
};
