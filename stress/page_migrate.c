// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moves pages of the pinned memory to other frames: between NUMA nodes by move_pages(2) where there
 * are several, else by compacting all memory. Migration replaces the page in the file and in the
 * page tables by a copy; a pin holds the old frame, so that a page which is moved although an I/O
 * has it pinned gets the I/O's bytes no more. The kernel must refuse such a page (EBUSY), and for a
 * long-term pin move it away from places that have to stay free before it is pinned.
 *
 * Compaction moves pages towards the end of the memory only, and only where the beginning has
 * holes: a bite makes some, and what it counts are pages that the kernel says it has moved.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/machine.h"
#include "lib/run.h"
#include "lib/tables.h"

#define NODES          "/sys/devices/system/node/has_memory"
#define COMPACT_MEMORY "/proc/sys/vm/compact_memory"
#define PAGEMAP_FRAME  ((1ull << 55) - 1)

enum { PAGES_AT_ONCE = 64, NODES_LIMIT = 64, HOLES_BYTES = 4 << 20 };

struct page_migrate {
	int node[NODES_LIMIT];
	unsigned nodes;
	size_t page_bytes, pages;
	/* move_pages(2) */
	unsigned long long moved, refused;
	/* compaction */
	uint8_t *holes;
	int pagemap_fd;
	uint64_t *frames; /* of the memory before and after */
	unsigned long long passes, migrated, frames_changed;
};

/* The nodes that have memory, from a list such as "0-1,4". */
static unsigned read_nodes(int node[NODES_LIMIT])
{
	char text[256], *at = text;
	unsigned count = 0;

	if (read_text(NODES, text, sizeof(text)))
		return 0;
	while (*at >= '0' && *at <= '9') {
		long first = strtol(at, &at, 10);
		long last = *at == '-' ? strtol(at + 1, &at, 10) : first;

		for (long i = first; i <= last && count < NODES_LIMIT; i++)
			node[count++] = (int)i;
		at += *at == ',';
	}
	return count;
}

static const char *probe(void)
{
	int node[NODES_LIMIT];

	if (read_nodes(node) > 1)
		return NULL;
	if (access(COMPACT_MEMORY, F_OK))
		return "needs a second NUMA node with memory or " COMPACT_MEMORY
		       ", and there is neither (try: a kernel with CONFIG_COMPACTION)";
	if (access(COMPACT_MEMORY, W_OK))
		return "needs a second NUMA node with memory, or root to compact memory (try: "
		       "sudo)";
	return NULL;
}

static void start(struct stress *stress)
{
	struct page_migrate *state = stress->state;
	struct run *run = stress->run;

	state->nodes = read_nodes(state->node);
	state->page_bytes = sysconf(_SC_PAGESIZE);
	state->pages = run->region_bytes / state->page_bytes;
	if (state->nodes > 1)
		return;
	state->holes =
		mmap(NULL, HOLES_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	state->frames = calloc(2 * state->pages, sizeof(uint64_t));
	if (state->holes == MAP_FAILED || !state->frames)
		run_broken(run, "page_migrate: allocating %d bytes: %s", HOLES_BYTES,
			   strerror(ENOMEM));
	state->pagemap_fd = run_open(run, "/proc/self/pagemap", O_RDONLY);
}

/* --- between nodes --- */

/* Sends up to PAGES_AT_ONCE random pages of the memory to another node than the one they are on. */
static int move_some(struct stress *stress)
{
	struct page_migrate *state = stress->state;
	void *page[PAGES_AT_ONCE];
	int status[PAGES_AT_ONCE], target[PAGES_AT_ONCE];
	unsigned count = 0;

	for (unsigned i = 0; i < PAGES_AT_ONCE; i++)
		page[i] = stress->run->memory +
			  stress_random(stress, state->pages) * state->page_bytes;
	if (syscall(SYS_move_pages, 0, (long)PAGES_AT_ONCE, page, NULL, status, 0))
		return -errno;
	for (unsigned i = 0; i < PAGES_AT_ONCE; i++) {
		unsigned pick = stress_random(stress, state->nodes);

		if (status[i] < 0)
			continue; /* not there just now */
		if (state->node[pick] == status[i])
			pick = (pick + 1) % state->nodes;
		target[count] = state->node[pick];
		page[count++] = page[i];
	}
	if (!count)
		return 0;
	/* A positive value counts pages that were not moved, and status tells which. */
	if (syscall(SYS_move_pages, 0, (long)count, page, target, status, MPOL_MF_MOVE) < 0)
		return -errno;
	for (unsigned i = 0; i < count; i++) {
		state->moved += status[i] == target[i];
		state->refused += status[i] == -EBUSY;
	}
	return 1;
}

/* --- by compaction --- */

/* Every other page of a buffer is given back, so that the rest lies between holes. */
static void make_holes(const struct page_migrate *state)
{
	madvise(state->holes, HOLES_BYTES, MADV_DONTNEED);
	madvise(state->holes, HOLES_BYTES, MADV_NOHUGEPAGE);
	for (size_t at = 0; at < HOLES_BYTES; at += state->page_bytes)
		state->holes[at] = 1;
	for (size_t at = 0; at < HOLES_BYTES; at += 2 * state->page_bytes)
		madvise(state->holes + at, state->page_bytes, MADV_DONTNEED);
}

static void read_frames(struct stress *stress, uint64_t *frames)
{
	struct page_migrate *state = stress->state;
	size_t bytes = state->pages * sizeof(frames[0]);
	uintptr_t first = (uintptr_t)stress->run->memory / state->page_bytes;

	if (pread(state->pagemap_fd, frames, bytes, first * sizeof(frames[0])) != (ssize_t)bytes)
		memset(frames, 0, bytes);
}

static uint64_t pages_migrated(void)
{
	static const char key[] = "\npgmigrate_success ";
	char text[16384], *found;

	if (read_text("/proc/vmstat", text, sizeof(text)))
		return 0;
	found = strstr(text, key);
	return found ? strtoull(found + strlen(key), NULL, 10) : 0;
}

static int compact(struct stress *stress)
{
	struct page_migrate *state = stress->state;
	uint64_t *before = state->frames, *after = state->frames + state->pages;
	uint64_t migrated = pages_migrated();

	make_holes(state);
	read_frames(stress, before);
	if (write_text(COMPACT_MEMORY, "1"))
		return -errno;
	read_frames(stress, after);
	for (size_t i = 0; i < state->pages; i++) {
		uint64_t old = before[i] & PAGEMAP_FRAME, new = after[i] & PAGEMAP_FRAME;

		state->frames_changed += old && new &&old != new;
	}
	state->passes++;
	migrated = pages_migrated() - migrated;
	state->migrated += migrated;
	return migrated > 0;
}

static int disturb(struct stress *stress)
{
	const struct page_migrate *state = stress->state;
	int bites = state->nodes > 1 ? move_some(stress) : compact(stress);

	if (bites < 0)
		stress_note(stress, "%s failed",
			    state->nodes > 1 ? "move_pages" : "write to " COMPACT_MEMORY);
	return bites;
}

static void stop(struct stress *stress)
{
	struct page_migrate *state = stress->state;

	if (state->nodes > 1) {
		stress_note(stress,
			    "move_pages between %u nodes: %llu pages moved, %llu refused as busy",
			    state->nodes, state->moved, state->refused);
		return;
	}
	stress_note(stress,
		    "one NUMA node: memory compacted %llu times, %llu pages of the machine moved, "
		    "%llu pages of the pinned memory changed their frame",
		    state->passes, state->migrated, state->frames_changed);
	munmap(state->holes, HOLES_BYTES);
	free(state->frames);
	close(state->pagemap_fd);
}

STRESSOR(page_migrate) = {
	.name = "page_migrate",
	.summary = "move pages to other frames, between NUMA nodes or by compaction",
	.place = INSIDE,
	.pause_ns = 50000000,
	.state_bytes = sizeof(struct page_migrate),
	.probe = probe,
	.start = start,
	.disturb = disturb,
	.stop = stop,
};
