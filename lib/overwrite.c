// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * open(2), NOTES: "Applications should avoid mixing O_DIRECT and normal I/O to the same file, and
 * especially to overlapping byte regions in the same file." Likewise for mmap(2). The unit of the
 * collision is the folio: a direct write first writes back and then drops every folio that it
 * touches as a whole. A neighbouring op that has a page of it pinned goes on with a page that
 * belongs to nothing (older or half of the new bytes stay in the file); a folio that is read back
 * in before the direct write is over, and dirtied by a neighbour, is later written over it. So
 * around such a write the slots of the folio are excused, for the ops that overlap it in time; what
 * is issued after it must be there. Without another road to the file nothing is excused.
 *
 * For a long-term pin of the mapping the excuse never ends: it keeps the dropped page.
 *
 * Where a folio is dirtied again before the direct write is over and cannot be dropped after it,
 * the kernel says so in its log and lets the next fsync() report EIO, once per struct file.
 */
#include "lib/overwrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/evidence.h"
#include "lib/machine.h"

/* The largest folio that the page cache of a file may hold. Only kernels with transparent huge
 * pages have folios of several pages in files, first xfs in 5.18, and none is larger than what one
 * entry of the page middle directory maps. */
static uint64_t folio_bytes(void)
{
	char text[32];
	uint64_t bytes = sysconf(_SC_PAGESIZE);

	if (kernel_at_least(5, 18) &&
	    read_text("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", text, sizeof(text)) ==
		    0)
		bytes = strtoull(text, NULL, 10);
	return bytes;
}

static bool has_long_pin(const struct run *run)
{
	for (unsigned i = 0; i < run->spec->workloads; i++) {
		if (run->spec->workload[i]->pin == PIN_LONG)
			return true;
	}
	return false;
}

void overwrite_start(struct stress *stress, struct overwrite *overwrite, int flags, bool collides)
{
	struct run *run = stress->run;
	const struct subject *subject = stress_subject(stress);
	unsigned align = run->spec->filesystem->direct_align;
	size_t page = sysconf(_SC_PAGESIZE);

	if (subject != &run->subject[0])
		run_skip(run,
			 "%s writes blocks of its own to the file that ops move bytes to, and %s "
			 "moves them to memory without one (try: way=in)",
			 stress->stressor->name, run->spec->workload[0]->name);
	if (flags & O_DIRECT && run->block_bytes % align)
		run_skip(run,
			 "%s: block=%u is not a multiple of the %u bytes that O_DIRECT on %s needs",
			 stress->stressor->name, run->block_bytes, align,
			 run->spec->filesystem->name);
	overwrite->fd = run_open(run, subject->path, O_RDWR | flags);
	overwrite->bytes = aligned_alloc(page, (run->block_bytes + page - 1) / page * page);
	if (!overwrite->bytes)
		run_broken(run, "allocating %u bytes: %s", run->block_bytes, strerror(ENOMEM));
	if (!collides)
		return;
	overwrite->reach_bytes = folio_bytes();
	overwrite->for_good = subject->map && has_long_pin(run);
	if (overwrite->for_good)
		stress_disturb_begin(stress, 0, subject->bytes, OVERWRITE_EXCUSES);
}

/* The folio, at its largest, in which the block lies. */
static void folio_around(const struct overwrite *overwrite, const struct stress_block *block,
			 uint64_t block_bytes, uint64_t *offset, uint64_t *bytes)
{
	uint64_t reach = overwrite->reach_bytes;
	uint64_t end = (block->offset + block_bytes + reach - 1) / reach * reach;

	*offset = block->offset / reach * reach;
	*bytes = end - *offset;
}

static int write_block(const struct overwrite *overwrite, uint64_t offset, size_t bytes)
{
	ssize_t written;

	do {
		written = pwrite(overwrite->fd, overwrite->bytes, bytes, offset);
	} while (written < 0 && errno == EINTR);
	if (written < 0)
		return -errno;
	return written == (ssize_t)bytes ? 0 : -ENOSPC;
}

int overwrite_block(struct stress *stress, struct overwrite *overwrite)
{
	struct run *run = stress->run;
	struct stress_block block;
	uint64_t offset, bytes;
	bool excused = overwrite->reach_bytes && !overwrite->for_good;
	int error;

	stress_next_block(stress, &block, overwrite->bytes);
	if (excused) {
		folio_around(overwrite, &block, run->block_bytes, &offset, &bytes);
		stress_disturb_begin(stress, offset, bytes, OVERWRITE_EXCUSES);
	}
	error = write_block(overwrite, block.offset, run->block_bytes);
	if (excused)
		stress_disturb_end(stress, offset, bytes);
	stress_complete_block(stress, &block, error == 0);
	if (error) {
		stress_note(stress, "write of %u bytes at offset %llu failed", run->block_bytes,
			    (unsigned long long)block.offset);
		return error;
	}
	overwrite->writes++;
	return 1;
}

void overwrite_stop(struct stress *stress, struct overwrite *overwrite)
{
	stress_note(stress, "wrote %llu blocks of its own; %s", overwrite->writes,
		    overwrite->for_good
			    ? "all slots were excused, for a long-term pin of the mapping"
		    : overwrite->reach_bytes ? "the slots of the same folio were excused meanwhile"
					     : "nothing was excused");
	close(overwrite->fd);
	free(overwrite->bytes);
}
