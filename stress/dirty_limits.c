// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes the kernel's own flusher threads write at once, instead of after 30 seconds: background
 * writeback begins at a hundred dirty pages, and a dirty page is old after a few hundredths of a
 * second. A file of its own keeps the machine above that limit, so that the subject is cleaned all
 * the time while ops on it are in flight. The upper limit, at which whoever dirties a page is made
 * to wait, is low but some way off: ops that stand still ask nothing. Nobody calls fsync() here:
 * this is writeback as the machine does it by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine.h"
#include "lib/run.h"
#include "lib/tables.h"

enum {
	DIRTY_BYTES = 32 << 20,
	BACKGROUND_BYTES = 512 << 10,
	BACKGROUND_PAGES = 16, /* where pages are large; the kernel's own minimum is 2 */
	OWN_FILE_BYTES = 4 << 20,
	CHUNK_BYTES = 64 << 10,
};

struct dirty_limits {
	bool lowered; /* left by prepare() */
	int fd;
	uint64_t next_offset, written;
	char chunk[CHUNK_BYTES];
};

static int set(struct machine *machine, const char *key, long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", value);
	return machine_sysctl(machine, key, text);
}

static int prepare(struct machine *machine, struct stress *stress)
{
	struct dirty_limits *state = stress->state;
	long background = BACKGROUND_PAGES * sysconf(_SC_PAGESIZE);

	if (background < BACKGROUND_BYTES)
		background = BACKGROUND_BYTES;
	/* Expired inodes are looked for at every wake-up of the flusher: both times have to be
	 * short. */
	if (set(machine, "vm.dirty_bytes", DIRTY_BYTES) ||
	    set(machine, "vm.dirty_background_bytes", background) ||
	    set(machine, "vm.dirty_expire_centisecs", 2) ||
	    set(machine, "vm.dirty_writeback_centisecs", 2))
		return -1;
	state->lowered = true;
	return 0;
}

static void enter(struct stress *stress)
{
	const struct dirty_limits *state = stress->state;

	if (!state->lowered)
		run_skip(stress->run, "dirty_limits lowers vm.dirty_background_bytes, and this run "
				      "may not change the machine (try: as root, without --dir)");
}

static void start(struct stress *stress)
{
	struct dirty_limits *state = stress->state;
	char path[PATH_BYTES + 16];

	snprintf(path, sizeof(path), "%s/dirty_limits", stress->scratch);
	state->fd = run_open(stress->run, path, O_RDWR | O_CREAT | O_TRUNC);
	unlink(path);
	memset(state->chunk, 0xd1, sizeof(state->chunk));
}

static int disturb(struct stress *stress)
{
	struct dirty_limits *state = stress->state;
	ssize_t written;

	/* One small write: on a slow device the kernel holds it for up to 200 ms. */
	written = pwrite(state->fd, state->chunk, CHUNK_BYTES, state->next_offset);
	if (written < 0) {
		int error = errno;

		stress_note(stress, "pwrite of %d bytes in %s failed", CHUNK_BYTES,
			    stress->scratch);
		return -error;
	}
	state->written += written;
	state->next_offset = (state->next_offset + CHUNK_BYTES) % OWN_FILE_BYTES;
	return 1;
}

static void stop(struct stress *stress)
{
	struct dirty_limits *state = stress->state;

	stress_note(stress, "wrote %llu KiB of its own against vm.dirty_background_bytes",
		    (unsigned long long)state->written >> 10);
	close(state->fd);
}

STRESSOR(dirty_limits) = {
	.name = "dirty_limits",
	.summary = "lower the limits on dirty memory and dirty a file against them",
	.place = BESIDE,
	.needs = NEED_ROOT | NEED_BLOCK_DEVICE,
	.causes_writeback = true,
	.pause_ns = 1000000,
	.state_bytes = sizeof(struct dirty_limits),
	.prepare = prepare,
	.enter = enter,
	.start = start,
	.disturb = disturb,
	.stop = stop,
};
