// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/gate.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/run.h"

/* How long a waiter sleeps before it looks again by itself: its waker may have been killed. */
#define LOOK_AGAIN_NS 100000000ull

void gate_wait(atomic_uint *word, unsigned value, uint64_t limit_ns)
{
	struct timespec limit = {.tv_sec = limit_ns / 1000000000, .tv_nsec = limit_ns % 1000000000};

	/* Not FUTEX_PRIVATE_FLAG: the word is shared between processes. */
	syscall(SYS_futex, word, FUTEX_WAIT, value, &limit, NULL, 0);
}

void gate_wake(atomic_uint *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

struct gate *gate_new(void)
{
	void *gate = mmap(NULL, sizeof(struct gate), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return gate == MAP_FAILED ? NULL : gate;
}

void gate_open(struct gate *gate)
{
	atomic_store(&gate->open, 1);
	gate_wake(&gate->open);
}

bool gate_close(struct gate *gate, uint64_t limit_ns)
{
	uint64_t end = clock_ns() + limit_ns;
	unsigned inside;

	atomic_store(&gate->open, 0);
	while ((inside = atomic_load(&gate->inside)) > 0) {
		if (clock_ns() > end)
			return false;
		gate_wait(&gate->inside, inside, LOOK_AGAIN_NS);
	}
	return true;
}

void gate_stop(struct gate *gate)
{
	atomic_store(&gate->stop, 1);
	gate_open(gate);
}

bool gate_enter(struct gate *gate)
{
	for (;;) {
		while (!atomic_load(&gate->open) && !atomic_load(&gate->stop))
			gate_wait(&gate->open, 0, LOOK_AGAIN_NS);
		if (atomic_load(&gate->stop))
			return false;
		atomic_fetch_add(&gate->inside, 1);
		/* The gate may have closed between the look and the step. */
		if (atomic_load(&gate->open))
			return true;
		gate_leave(gate);
	}
}

void gate_leave(struct gate *gate)
{
	atomic_fetch_sub(&gate->inside, 1);
	if (!atomic_load(&gate->open))
		gate_wake(&gate->inside);
}
