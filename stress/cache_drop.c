// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Throws pages out of the page cache, together with the buffer heads on them: by
 * POSIX_FADV_DONTNEED for the subject, and as root now and then by /proc/sys/vm/drop_caches for all
 * files, which takes a tenth of a second. Both pass over dirty and over mapped pages, so the
 * subject is written first and the pinned mapping of a file taken out of the page tables, which
 * loses nothing. What keeps a pinned page in the file is then its reference count alone. A kernel
 * that drops its buffers or the page itself has nowhere to put what the I/O stores (ext4 on 5.10:
 * lost, with a warning of ext4_set_page_dirty).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/machine.h"
#include "lib/run.h"
#include "lib/tables.h"

#define DROP_CACHES "/proc/sys/vm/drop_caches"

enum { OWN_FILE_BYTES = 1 << 20, ALL_FILES_ONE_IN = 8 };

struct cache_drop {
	bool root, mapped;
	int fd;     /* the subject, or a file of its own where there is none */
	void *look; /* a mapping of it that is never touched, to see which pages are there */
	size_t bytes;
	uint8_t *present; /* one per page */
	unsigned next;
	unsigned long long drops[2], pages_gone; /* of the file, of all files */
};

static void write_own_file(struct stress *stress, int fd)
{
	static const char block[4096] = {0xca};

	for (int at = 0; at < OWN_FILE_BYTES; at += sizeof(block)) {
		if (pwrite(fd, block, sizeof(block), at) != sizeof(block))
			run_broken(stress->run, "cache_drop: pwrite of %zu bytes in %s: %s",
				   sizeof(block), stress->scratch, strerror(errno));
	}
}

static void start(struct stress *stress)
{
	struct cache_drop *state = stress->state;
	struct run *run = stress->run;
	const struct subject *subject = stress_subject(stress);
	const struct backing *backing = run->spec->backing;
	char path[PATH_BYTES + 16];

	state->root = access(DROP_CACHES, W_OK) == 0;
	state->mapped = backing->file && backing->shared && backing->on_disk;
	state->bytes = subject ? subject->bytes : OWN_FILE_BYTES;
	if (subject) {
		state->fd = run_open(run, subject->path, O_RDWR);
	} else {
		snprintf(path, sizeof(path), "%s/cache_drop", stress->scratch);
		state->fd = run_open(run, path, O_RDWR | O_CREAT | O_TRUNC);
		unlink(path);
		write_own_file(stress, state->fd);
	}
	state->look = mmap(NULL, state->bytes, PROT_READ, MAP_SHARED, state->fd, 0);
	state->present = malloc(state->bytes / sysconf(_SC_PAGESIZE) + 1);
	if (!state->present)
		run_broken(run, "cache_drop: no memory for %zu bytes", state->bytes);
}

/* How many pages of the file are in the page cache, without touching them. */
static size_t pages_present(const struct cache_drop *state)
{
	size_t page = sysconf(_SC_PAGESIZE), count = 0;

	if (state->look == MAP_FAILED || mincore(state->look, state->bytes, state->present))
		return 0;
	for (size_t i = 0; i < (state->bytes + page - 1) / page; i++)
		count += state->present[i] & 1;
	return count;
}

/* Makes the file's pages such that they can be dropped: clean, and not mapped. */
static int loosen(struct stress *stress, const char **call)
{
	const struct cache_drop *state = stress->state;
	struct run *run = stress->run;

	*call = "sync_file_range";
	if (sync_file_range(state->fd, 0, 0,
			    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				    SYNC_FILE_RANGE_WAIT_AFTER))
		return -errno;
	*call = "madvise(MADV_DONTNEED) of the mapping";
	/* ENOMEM: nothing is mapped there any more. */
	if (state->mapped && madvise(run->memory, run->region_bytes, MADV_DONTNEED) &&
	    errno != ENOMEM)
		return -errno;
	return 0;
}

static int drop(struct cache_drop *state, bool all, const char **call)
{
	static const char *const values[] = {"1", "3", "1", "2"};

	*call = all ? "write to " DROP_CACHES : "posix_fadvise(POSIX_FADV_DONTNEED)";
	state->drops[all]++;
	if (!all)
		return -posix_fadvise(state->fd, 0, 0, POSIX_FADV_DONTNEED);
	return write_text(DROP_CACHES, values[state->drops[true] % 4]) ? -errno : 0;
}

static int disturb(struct stress *stress)
{
	struct cache_drop *state = stress->state;
	bool all = state->root && ++state->next % ALL_FILES_ONE_IN == 0;
	size_t before = pages_present(state), after;
	const char *call;
	int error = loosen(stress, &call);

	if (!error)
		error = drop(state, all, &call);
	if (error) {
		stress_note(stress, "%s failed", call);
		return error;
	}
	after = pages_present(state);
	if (before > after)
		state->pages_gone += before - after;
	return 1;
}

static void stop(struct stress *stress)
{
	struct cache_drop *state = stress->state;

	stress_note(stress,
		    "POSIX_FADV_DONTNEED %llu times, drop_caches %llu times; %llu pages of %s left "
		    "the page cache",
		    state->drops[false], state->drops[true], state->pages_gone,
		    stress_subject(stress) ? "the subject" : "its own file");
	if (state->look != MAP_FAILED)
		munmap(state->look, state->bytes);
	free(state->present);
	close(state->fd);
}

STRESSOR(cache_drop) = {
	.name = "cache_drop",
	.summary = "write the file and drop its pages from the page cache",
	.place = INSIDE,
	.causes_writeback = true,
	.pause_ns = 1000000,
	.state_bytes = sizeof(struct cache_drop),
	.start = start,
	.disturb = disturb,
	.stop = stop,
};
