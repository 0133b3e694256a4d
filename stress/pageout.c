// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks the kernel to reclaim random ranges of the pinned memory by MADV_PAGEOUT: anonymous pages go
 * to swap, clean pages of files are dropped. Reclaim takes a page out of the page tables before it
 * looks whether somebody has it pinned, so that every bite is a race between an op that pins the
 * page and a reclaim that is about to drop it; a page that is dropped under a pin takes what the
 * I/O stores with it. Where the machine has no swap, prepare() makes one of zram.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/machine.h"
#include "lib/run.h"
#include "lib/tables.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define PAGEMAP_PRESENT (1ull << 63)

enum { SWAP_BYTES = 256 << 20, PAGES_AT_ONCE = 64 };

struct pageout {
	bool made_swap; /* left by prepare() */
	bool has_swap;
	int pagemap_fd;
	unsigned long long calls, asked_pages, gone_pages;
};

static bool swap_is_on(void)
{
	char text[4096];

	/* The first line is a heading. */
	return read_text("/proc/swaps", text, sizeof(text)) == 0 && strchr(text, '\n');
}

static int prepare(struct machine *machine, struct stress *stress)
{
	struct pageout *state = stress->state;

	/* Without it file pages are left to be reclaimed: no reason to give up. */
	if (geteuid() == 0 && !swap_is_on())
		state->made_swap = machine_zram_swap(machine, SWAP_BYTES) == 0;
	return 0;
}

static void start(struct stress *stress)
{
	struct pageout *state = stress->state;
	struct run *run = stress->run;

	state->has_swap = swap_is_on();
	state->pagemap_fd = run_open(run, "/proc/self/pagemap", O_RDONLY);
	if (madvise(run->memory, sysconf(_SC_PAGESIZE), MADV_PAGEOUT) == 0)
		return;
	if (errno == EINVAL)
		run_skip(run,
			 "pageout: the kernel does not page out %s memory (EINVAL: it is of "
			 "hugetlbfs or locked)",
			 run->spec->backing->name);
	run_broken(run, "madvise(MADV_PAGEOUT) of a page of %s memory: %s",
		   run->spec->backing->name, strerror(errno));
}

/* How many of count pages from memory on are in the page tables. */
static size_t pages_present(const struct pageout *state, const uint8_t *memory, size_t count)
{
	uint64_t entry[PAGES_AT_ONCE];
	size_t present = 0;
	ssize_t bytes = pread(state->pagemap_fd, entry, count * sizeof(entry[0]),
			      (uintptr_t)memory / sysconf(_SC_PAGESIZE) * sizeof(entry[0]));

	for (size_t i = 0; bytes > 0 && i < bytes / sizeof(entry[0]); i++)
		present += entry[i] & PAGEMAP_PRESENT ? 1 : 0;
	return present;
}

static int disturb(struct stress *stress)
{
	struct pageout *state = stress->state;
	struct run *run = stress->run;
	size_t page = sysconf(_SC_PAGESIZE), pages = run->region_bytes / page;
	size_t first = stress_random(stress, pages), before, after;
	size_t count = 1 + stress_random(stress, PAGES_AT_ONCE);
	uint8_t *range = run->memory + first * page;

	if (count > pages - first)
		count = pages - first;
	before = pages_present(state, range, count);
	if (madvise(range, count * page, MADV_PAGEOUT)) {
		int error = errno;

		if (error == ENOMEM)
			return 0; /* nothing is mapped there any more */
		stress_note(stress, "madvise(MADV_PAGEOUT) of %zu pages failed", count);
		return -error;
	}
	after = pages_present(state, range, count);
	if (before > after)
		state->gone_pages += before - after;
	state->asked_pages += before;
	state->calls++;
	return 1;
}

static void stop(struct stress *stress)
{
	struct pageout *state = stress->state;

	stress_note(stress, "MADV_PAGEOUT %llu times: of %llu mapped pages %llu were taken out; %s",
		    state->calls, state->asked_pages, state->gone_pages,
		    state->made_swap  ? "swap on zram, made for the case"
		    : state->has_swap ? "the machine's own swap"
				      : "no swap: file pages only");
	close(state->pagemap_fd);
}

STRESSOR(pageout) = {
	.name = "pageout",
	.summary = "reclaim ranges of the memory by MADV_PAGEOUT",
	.place = INSIDE,
	.pause_ns = 200000,
	.state_bytes = sizeof(struct pageout),
	.prepare = prepare,
	.start = start,
	.disturb = disturb,
	.stop = stop,
};
