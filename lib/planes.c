// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/planes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/mover.h"
#include "lib/stamp.h"

static void write_plane_part(struct run *run, const uint8_t *bytes, size_t count, off_t offset)
{
	while (count) {
		ssize_t part = pwrite(run->far_fd, bytes, count, offset);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			run_broken(run,
				   "writing the source file %s: %s (try: more space for the "
				   "scratch images)",
				   run->far_path, part ? strerror(errno) : "wrote nothing");
		bytes += part;
		count -= part;
		offset += part;
	}
}

/* Writes this mover's blocks of one plane, neighbours in one call. */
static void write_plane(struct mover *mover, const struct planes *planes, unsigned plane)
{
	struct run *run = mover->run;
	off_t start = (off_t)plane * (off_t)run->region_bytes;
	uint32_t first = 0;

	while (first < run->blocks) {
		uint32_t end = first;

		while (end < run->blocks && subject_owner(run, end) == mover->writer) {
			struct stamp_id id = mover_stamp(mover, end, planes->base[end] + plane);

			stamp_fill_run(planes->bytes + (size_t)end * run->block_bytes, &id,
				       run->slots_per_block);
			end++;
		}
		if (end > first)
			write_plane_part(run, planes->bytes + (size_t)first * run->block_bytes,
					 (size_t)(end - first) * run->block_bytes,
					 start + (off_t)first * run->block_bytes);
		first = end + 1;
	}
}

/* Gives the far file generations that the subject has not seen. It is clean afterwards, so that
 * an O_DIRECT read of it does not have to write it back first. */
static void refill(struct mover *mover, struct planes *planes)
{
	struct run *run = mover->run;

	for (uint32_t block = 0; block < run->blocks; block++) {
		uint32_t slot = block * run->slots_per_block;

		if (subject_owner(run, block) == mover->writer)
			planes->base[block] = ledger_read(run->subject[0].ledger, slot).issued + 1;
	}
	for (unsigned plane = 0; plane < run->planes; plane++)
		write_plane(mover, planes, plane);
	if (mover->workload->far_direct && run->spec->filesystem->direct_align &&
	    sync_file_range(run->far_fd, 0, 0,
			    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				    SYNC_FILE_RANGE_WAIT_AFTER))
		run_broken(run, "sync_file_range(%s): %s", run->far_path, strerror(errno));
	planes->next = 0;
}

void planes_prepare(struct mover *mover, struct planes *planes)
{
	planes->base = mover_take(mover, mover->run->blocks * sizeof(uint32_t));
	planes->bytes = mover_take(mover, mover->run->region_bytes);
	refill(mover, planes);
}

void planes_ready(struct mover *mover, struct planes *planes)
{
	if (!planes->base || planes->next < mover->run->planes)
		return;
	if (mover->run->refill) {
		refill(mover, planes);
		return;
	}
	/* The newest one: an older generation would be judged stale, and rightly so. */
	planes->next = mover->run->planes - 1;
	planes->reused = true;
}
