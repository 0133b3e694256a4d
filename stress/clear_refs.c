// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clears the referenced bits (1: all pages, 2: anonymous, 3: file) and the soft-dirty bits (4) of
 * the process's page tables. The last one write-protects every page, and the next store to an
 * anonymous page faults: a kernel that copies the page then, although an I/O has it pinned, leaves
 * the I/O with the old page and the process with the new one (before 5.19; 9348b73c2e1b "mm: don't
 * play games with pinned pages in clear_page_refs" keeps FOLL_PIN out of it).
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/run.h"
#include "lib/tables.h"

#define CLEAR_REFS "/proc/self/clear_refs"

struct clear_refs {
	int fd;
	unsigned next;
	unsigned long long writes;
};

static const char *probe(void)
{
	if (access(CLEAR_REFS, W_OK))
		return "needs " CLEAR_REFS
		       ", which is not there (try: a kernel with CONFIG_PROC_PAGE_MONITOR)";
	return NULL;
}

static void start(struct stress *stress)
{
	struct clear_refs *state = stress->state;

	state->fd = run_open(stress->run, CLEAR_REFS, O_WRONLY);
}

static int disturb(struct stress *stress)
{
	static const char values[] = "4142434";
	struct clear_refs *state = stress->state;
	const char *value = &values[state->next++ % (sizeof(values) - 1)];

	if (pwrite(state->fd, value, 1, 0) != 1) {
		int error = errno;

		stress_note(stress, "write of %c to " CLEAR_REFS " failed", *value);
		return -error;
	}
	state->writes++;
	return 1;
}

static void stop(struct stress *stress)
{
	struct clear_refs *state = stress->state;

	stress_note(stress, "%llu writes, four in seven of them clear soft-dirty bits",
		    state->writes);
	close(state->fd);
}

STRESSOR(clear_refs) = {
	.name = "clear_refs",
	.summary = "clear the referenced and soft-dirty bits of the process",
	.place = INSIDE,
	.pause_ns = 200000,
	.state_bytes = sizeof(struct clear_refs),
	.probe = probe,
	.start = start,
	.disturb = disturb,
	.stop = stop,
};
