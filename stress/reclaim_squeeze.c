// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Puts the case into a memory cgroup that is too small for what lives in it: stress-ng dirties
 * anonymous memory there, and a file is read through the page cache, so that the kernel has to
 * reclaim pages all the time, the subject's among them. Reclaim may write a dirty page, unmap it
 * and drop it, but not while somebody has it pinned: a kernel that tells too late loses what the
 * I/O stores afterwards (ext4 up to 6.3, d824ec2a1546 "mm: do not reclaim private data from pinned
 * page"). With swap, which prepare() makes of zram where there is none, anonymous pages take part.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/load.h"
#include "lib/machine.h"
#include "lib/run.h"
#include "lib/tables.h"

enum {
	SWAP_BYTES = 256 << 20,
	HOG_DIVISOR = 4, /* the hog's part of the margin; stress-ng itself locks about 10 MiB */
	READ_BYTES = 1 << 20,
	CHUNK_BYTES = 64 << 10,
	END_LIMIT_MS = 5000,
};

/* What the cgroup has counted. Version 1 does not count scanned pages, but how often its limit was
 * hit, which makes it reclaim each time. */
struct pressure {
	uint64_t hits, pages, kills;
};

struct reclaim_squeeze {
	char cgroup[PATH_BYTES]; /* "" where the machine may not be changed */
	bool version_2, has_swap;
	uint64_t margin_bytes;
	struct load hog;
	int fd;
	uint64_t next_offset;
	unsigned restarts;
	struct pressure first, last;
	char chunk[CHUNK_BYTES];
};

static const char *probe(void)
{
	if (!load_is_there("stress-ng"))
		return "needs stress-ng, which is not in PATH (try: installing the package "
		       "stress-ng)";
	return NULL;
}

static bool swap_is_on(void)
{
	char text[4096];

	/* The first line is a heading. */
	return read_text("/proc/swaps", text, sizeof(text)) == 0 && strchr(text, '\n');
}

static int prepare(struct machine *machine, struct stress *stress)
{
	struct reclaim_squeeze *state = stress->state;
	const struct option_values *options = &stress->spec->options;
	/* The region may be in memory twice: as what is pinned, and as the page cache of the other
	 * end. */
	uint64_t region = 2 * option_get(options, "region");
	char path[PATH_BYTES + 32];

	state->margin_bytes = (uint64_t)option_get(options, "margin_mib") << 20;
	if (machine_memory_cgroup(machine, "reclaim_squeeze", region + state->margin_bytes,
				  state->cgroup, sizeof(state->cgroup)))
		return -1;
	snprintf(path, sizeof(path), "%s/memory.max", state->cgroup);
	state->version_2 = access(path, F_OK) == 0;
	/* Without swap the pressure falls on the page cache alone, which is a question, too. */
	state->has_swap = swap_is_on() || machine_zram_swap(machine, SWAP_BYTES) == 0;
	return 0;
}

static void enter(struct stress *stress)
{
	struct reclaim_squeeze *state = stress->state;
	char path[PATH_BYTES + 32];

	if (!state->cgroup[0])
		run_skip(stress->run,
			 "reclaim_squeeze needs a memory cgroup of its own, and this "
			 "run may not change the machine (try: as root, without --dir)");
	snprintf(path, sizeof(path), "%s/cgroup.procs", state->cgroup);
	if (write_text(path, "0"))
		run_broken(stress->run, "joining %s: %s", state->cgroup, strerror(errno));
}

static uint64_t counter(const struct reclaim_squeeze *state, const char *file, const char *key)
{
	char path[PATH_BYTES + 32], text[8192], *found = text;

	snprintf(path, sizeof(path), "%s/%s", state->cgroup, file);
	if (read_text(path, text, sizeof(text)))
		return 0;
	if (!*key)
		return strtoull(text, NULL, 10);
	while (found && strncmp(found, key, strlen(key)) != 0) {
		found = strchr(found, '\n');
		found = found ? found + 1 : NULL;
	}
	return found ? strtoull(found + strlen(key), NULL, 10) : 0;
}

static struct pressure pressure_of(const struct reclaim_squeeze *state)
{
	if (state->version_2)
		return (struct pressure){.hits = counter(state, "memory.stat", "pgscan "),
					 .pages = counter(state, "memory.stat", "pgsteal "),
					 .kills = counter(state, "memory.events", "oom_kill ")};
	return (struct pressure){.hits = counter(state, "memory.failcnt", ""),
				 .pages = counter(state, "memory.stat", "pgpgout "),
				 .kills = counter(state, "memory.oom_control", "oom_kill ")};
}

/* The hog is the first that the out-of-memory killer takes, so that it never takes the case. */
static int start_hog(struct stress *stress, const char **call)
{
	struct reclaim_squeeze *state = stress->state;
	char bytes[32];
	const char *const arguments[] = {"stress-ng",     "--quiet",   "--vm",      "1",
					 "--vm-bytes",    bytes,       "--vm-keep", "--vm-method",
					 "write64",       "--timeout", "0",         "--temp-path",
					 stress->scratch, NULL};

	snprintf(bytes, sizeof(bytes), "%llu",
		 (unsigned long long)state->margin_bytes / HOG_DIVISOR);
	return load_start(&state->hog, arguments, LOAD_DIES_FIRST, call);
}

static void start(struct stress *stress)
{
	struct reclaim_squeeze *state = stress->state;
	char path[PATH_BYTES + 32];
	const char *call;
	int error;

	snprintf(path, sizeof(path), "%s/reclaim_squeeze", stress->scratch);
	state->fd = run_open(stress->run, path, O_RDWR | O_CREAT | O_TRUNC);
	unlink(path);
	/* A hole: reading it fills the page cache without any I/O. */
	if (ftruncate(state->fd, state->margin_bytes))
		run_broken(stress->run, "ftruncate(%s): %s", path, strerror(errno));
	error = start_hog(stress, &call);
	if (error)
		run_broken(stress->run, "starting stress-ng: %s: %s", call, strerror(-error));
	state->first = state->last = pressure_of(state);
}

/* Reads the next part of a file that is as large as all the memory that is left. */
static int read_on(struct reclaim_squeeze *state)
{
	for (uint64_t done = 0; done < READ_BYTES; done += CHUNK_BYTES) {
		if (pread(state->fd, state->chunk, CHUNK_BYTES, state->next_offset) < 0)
			return -errno;
		state->next_offset = (state->next_offset + CHUNK_BYTES) % state->margin_bytes;
	}
	return 0;
}

static int disturb(struct stress *stress)
{
	struct reclaim_squeeze *state = stress->state;
	struct pressure before = state->last;
	const char *call = "reading its own file";
	int error = read_on(state);

	if (!error && !load_runs(&state->hog, 0)) {
		load_end(&state->hog, SIGKILL, END_LIMIT_MS);
		close(state->hog.output_fd);
		state->restarts++;
		error = start_hog(stress, &call);
	}
	if (error) {
		stress_note(stress, "%s failed", call);
		return error;
	}
	state->last = pressure_of(state);
	return state->last.hits > before.hits;
}

static void stop(struct stress *stress)
{
	struct reclaim_squeeze *state = stress->state;

	/* It takes half a second to end by itself, and has nothing to tell. */
	load_end(&state->hog, SIGKILL, END_LIMIT_MS);
	stress_note(stress,
		    "cgroup v%d %s swap: %llu %s, %llu pages %s, %llu killed for want of memory, "
		    "stress-ng restarted %u times",
		    state->version_2 ? 2 : 1, state->has_swap ? "with" : "without",
		    (unsigned long long)(state->last.hits - state->first.hits),
		    state->version_2 ? "pages scanned" : "times at the limit",
		    (unsigned long long)(state->last.pages - state->first.pages),
		    state->version_2 ? "reclaimed" : "uncharged",
		    (unsigned long long)(state->last.kills - state->first.kills), state->restarts);
	close(state->fd);
}

static const struct option_row options[] = {
	{.name = "margin_mib",
	 .help = "MiB that the memory cgroup has beyond twice the region",
	 .preset = 64,
	 .minimum = 48,
	 .maximum = 65536},
	{.name = NULL},
};

STRESSOR(reclaim_squeeze) = {
	.name = "reclaim_squeeze",
	.summary = "squeeze the case into a small memory cgroup together with stress-ng",
	.place = BESIDE,
	.needs = NEED_ROOT,
	.options = options,
	.pause_ns = 500000,
	.state_bytes = sizeof(struct reclaim_squeeze),
	.probe = probe,
	.prepare = prepare,
	.enter = enter,
	.start = start,
	.disturb = disturb,
	.stop = stop,
};
