// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Takes the write permission from ranges of the pinned memory and gives it back at once. The pages
 * stay write-protected in the page tables until the next store faults; a kernel that copies an
 * anonymous page then, because it cannot tell that the extra reference is a pin, leaves the I/O
 * with the old page (before 5.19, the PageAnonExclusive series). While the range is read-only, a
 * pin or a copy by the kernel may stop at it with EFAULT or a short count, and a store by the CPU
 * waits for the permission to come back.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/guard.h"
#include "lib/run.h"
#include "lib/tables.h"

enum { SPAN_DIVISOR = 4, STAY_ONE_IN = 4 };

struct mprotect_flip {
	size_t unit_bytes; /* the smallest range whose protection can change */
	unsigned long long flips;
};

/* hugetlbfs answers EINVAL to ranges that are not whole huge pages. What the memory is made of is
 * found by asking for the protection that it already has. */
static void start(struct stress *stress)
{
	struct mprotect_flip *state = stress->state;
	struct run *run = stress->run;
	int error = guard_retry_range(run->memory, run->region_bytes);

	if (error)
		run_broken(run, "guard_retry_range(%zu bytes): %s", run->region_bytes,
			   strerror(-error));
	state->unit_bytes = sysconf(_SC_PAGESIZE);
	/* A protection that is in force already is accepted for any range: it has to change. */
	while (mprotect(run->memory, state->unit_bytes, PROT_READ)) {
		if (errno != EINVAL || state->unit_bytes * 2 > run->region_bytes)
			run_broken(run, "mprotect(%zu bytes of the memory, READ): %s",
				   state->unit_bytes, strerror(errno));
		state->unit_bytes *= 2;
	}
	if (mprotect(run->memory, state->unit_bytes, PROT_READ | PROT_WRITE))
		run_broken(run, "mprotect(%zu bytes of the memory, READ and WRITE): %s",
			   state->unit_bytes, strerror(errno));
}

static int disturb(struct stress *stress)
{
	struct mprotect_flip *state = stress->state;
	struct run *run = stress->run;
	size_t units = run->region_bytes / state->unit_bytes;
	size_t first = stress_random(stress, units);
	size_t count = 1 + stress_random(stress, 1 + units / SPAN_DIVISOR);
	uint8_t *range = run->memory + first * state->unit_bytes;
	size_t bytes = (count > units - first ? units - first : count) * state->unit_bytes;

	if (mprotect(range, bytes, PROT_READ)) {
		if (errno == ENOMEM)
			return 0; /* nothing is mapped there any more */
		return -errno;
	}
	/* Now and then stay long enough for another thread to run into it. */
	if (stress_random(stress, STAY_ONE_IN) == 0)
		sched_yield();
	if (mprotect(range, bytes, PROT_READ | PROT_WRITE)) {
		int error = errno;

		stress_note(stress, "mprotect(READ and WRITE) could not be given back");
		return -error;
	}
	state->flips++;
	return 1;
}

static void stop(struct stress *stress)
{
	struct mprotect_flip *state = stress->state;

	stress_note(stress, "%llu ranges of 1 to %zu times %zu bytes were read-only", state->flips,
		    1 + stress->run->region_bytes / state->unit_bytes / SPAN_DIVISOR,
		    state->unit_bytes);
}

static const int excused_errors[] = {EFAULT, 0};

STRESSOR(mprotect_flip) = {
	.name = "mprotect_flip",
	.summary = "make ranges of the memory read-only and writable again",
	.place = INSIDE,
	.excused_errors = excused_errors,
	.excuses_short = true,
	.pause_ns = 100000,
	.state_bytes = sizeof(struct mprotect_flip),
	.start = start,
	.disturb = disturb,
	.stop = stop,
};
