// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks for the subject's dirty pages to be written, again and again, by every call that can ask for
 * it. Each one write-protects the mapped pages, clears their dirty bits and sends them to the
 * device; a page that is pinned for writing at that moment goes on being changed behind writeback's
 * back, and nothing says so until the unpin marks it dirty again. A kernel that forgets that mark
 * loses the bytes although fsync() returned 0.
 *
 * It uses a struct file and a mapping of its own: the kernel reports a writeback error once per
 * struct file, so that an error which is collected here is still reported to the judge.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/run.h"
#include "lib/tables.h"

/* MS_ASYNC is not among them: it starts nothing since 2.6.19. */
enum call { FSYNC, FDATASYNC, MSYNC, RANGE_WRITE, RANGE_WAIT, CALLS };

struct sync_storm {
	int fd;
	void *map; /* MAP_FAILED: hugetlbfs may have no page left for another mapping */
	size_t bytes;
	unsigned next;
	unsigned long long calls[CALLS];
};

static void start(struct stress *stress)
{
	struct sync_storm *state = stress->state;
	const struct subject *subject = stress_subject(stress);

	state->fd = run_open(stress->run, subject->path, O_RDWR);
	state->bytes = subject->bytes;
	state->map = mmap(NULL, state->bytes, PROT_READ, MAP_SHARED, state->fd, 0);
}

static int sync_by(const struct sync_storm *state, enum call call)
{
	switch (call) {
	case FSYNC:
		return fsync(state->fd);
	case FDATASYNC:
		return fdatasync(state->fd);
	case MSYNC:
		return msync(state->map, state->bytes, MS_SYNC);
	case RANGE_WRITE:
		return sync_file_range(state->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	case RANGE_WAIT:
		return sync_file_range(state->fd, 0, 0,
				       SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
					       SYNC_FILE_RANGE_WAIT_AFTER);
	case CALLS:
		break;
	}
	errno = EINVAL;
	return -1;
}

static int disturb(struct stress *stress)
{
	static const char *const words[] = {"fsync", "fdatasync", "msync(MS_SYNC)",
					    "sync_file_range(WRITE)",
					    "sync_file_range(WRITE and WAIT)"};
	struct sync_storm *state = stress->state;
	enum call call = state->next++ % CALLS;

	if (call == MSYNC && state->map == MAP_FAILED)
		return 0;
	if (sync_by(state, call)) {
		int error = errno;

		stress_note(stress, "%s of the subject failed", words[call]);
		return -error;
	}
	state->calls[call]++;
	return 1;
}

static void stop(struct stress *stress)
{
	struct sync_storm *state = stress->state;

	stress_note(stress, "fsync %llu, fdatasync %llu, msync %llu, sync_file_range %llu",
		    state->calls[FSYNC], state->calls[FDATASYNC], state->calls[MSYNC],
		    state->calls[RANGE_WRITE] + state->calls[RANGE_WAIT]);
	if (state->map != MAP_FAILED)
		munmap(state->map, state->bytes);
	close(state->fd);
}

STRESSOR(sync_storm) = {
	.name = "sync_storm",
	.summary = "sync the file in turn by fsync, fdatasync, msync and sync_file_range",
	.place = BESIDE,
	.needs = NEED_FILE,
	.causes_writeback = true,
	.pause_ns = 100000,
	.state_bytes = sizeof(struct sync_storm),
	.start = start,
	.disturb = disturb,
	.stop = stop,
};
