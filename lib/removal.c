// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A removed range reads as zeros, or as what was written after the removal, and never again as what
 * was there before. An op that overlaps the removal in time may be lost: the kernel takes a pinned
 * page out of the file without waiting for the pin, and what the I/O still stores goes to a page
 * that belongs to nothing. That is documented behaviour, and the next op on the slot ends the
 * excuse, since it pins the new page.
 *
 * Not so for a long-term pin of the mapping: it keeps the orphaned page until it is released, and
 * all that is moved through it is lost to the file. There the excuse never ends.
 */
#include "lib/removal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Whether a pin of the subject's mapping lasts longer than an op. */
static bool pin_lasts(const struct run *run, const struct subject *subject)
{
	for (unsigned i = 0; i < run->spec->workloads; i++) {
		if (subject->map && run->spec->workload[i]->pin == PIN_LONG)
			return true;
	}
	return false;
}

void removal_start(struct stress *stress, struct removal *removal)
{
	struct run *run = stress->run;
	const struct subject *subject = stress_subject(stress);
	struct stat file;

	/* If the source of an op vanishes, zeros that arrive at the other end are right, but its
	 * ledger could not tell them from lost bytes. */
	if (subject != &run->subject[0])
		run_skip(
			run,
			"%s removes parts of the file that ops move bytes to, and %s moves them to "
			"memory without one (try: way=in)",
			stress->stressor->name, run->spec->workload[0]->name);
	removal->fd = run_open(run, subject->path, O_RDWR);
	if (fstat(removal->fd, &file))
		run_broken(run, "fstat(%s): %s", subject->path, strerror(errno));
	removal->bytes = subject->bytes;
	/* All three are powers of two. hugetlbfs has no parts of a huge page, and gives its size as
	 * the size of a block. */
	removal->unit_bytes =
		larger(larger(sysconf(_SC_PAGESIZE), file.st_blksize), run->slot_bytes);
	if (removal->unit_bytes > removal->bytes)
		removal->unit_bytes = removal->bytes;
	removal->units = removal->bytes / removal->unit_bytes;
	if (!pin_lasts(run, subject))
		return;
	removal->excused = calloc(removal->units, 1);
	if (!removal->excused)
		run_broken(run, "allocating %llu bytes: %s", (unsigned long long)removal->units,
			   strerror(ENOMEM));
}

void removal_begin(struct stress *stress, struct removal *removal, uint64_t offset, uint64_t bytes)
{
	removal->removals++;
	removal->removed_bytes += bytes;
	if (!removal->excused) {
		stress_disturb_begin(stress, offset, bytes, REMOVAL_EXCUSES);
		return;
	}
	for (uint64_t at = offset; at < offset + bytes; at += removal->unit_bytes) {
		uint64_t unit = at / removal->unit_bytes;

		if (!removal->excused[unit])
			stress_disturb_begin(stress, at, removal->unit_bytes, REMOVAL_EXCUSES);
		removal->excused[unit] = 1;
	}
}

void removal_end(struct stress *stress, struct removal *removal, uint64_t offset, uint64_t bytes)
{
	if (!removal->excused)
		stress_disturb_end(stress, offset, bytes);
}

void removal_stop(struct removal *removal)
{
	close(removal->fd);
	free(removal->excused);
}
