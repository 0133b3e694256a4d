// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Forks children that end at once, some after they have read or written a page of their copy of the
 * pinned memory. fork() makes private memory copy-on-write for both sides; if the parent's next
 * store then copied a page that an I/O has pinned, the I/O would go on with the page that the child
 * got: what it reads arrives nowhere, and what it writes is old. Pinned pages must be copied for
 * the child at fork() instead. O_DIRECT takes such pins only since 6.5 (920756a3306a "block:
 * Convert bio_iov_iter_get_pages to use iov_iter_extract_pages", 1ccf164ec866 "block: Use
 * iov_iter_extract_pages() and page pinning in direct-io.c").
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/run.h"
#include "lib/tables.h"

enum { CHILD_LIMIT_MS = 1000, CHILD_BYTE = 0xc5 };

enum act { ACT_NOTHING, ACT_READ, ACT_WRITE, ACTS };

struct fork_storm {
	unsigned long long children[ACTS], killed;
};

static void leave(int signal)
{
	_exit(0);
}

/* Runs in the child, where other threads' locks may be held for ever: only system calls and memory.
 * The process's handlers wait for a thread that is not here to give back a protection, or jump to
 * where it would go on as the parent. */
static _Noreturn void live(enum act act, uint8_t *byte)
{
	struct sigaction action = {.sa_handler = leave};
	atomic_uchar *shared = (atomic_uchar *)byte;

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	if (act == ACT_READ)
		(void)atomic_load(shared);
	if (act == ACT_WRITE)
		atomic_store(shared, CHILD_BYTE);
	_exit(0);
}

/* Waits for the child. Returns false if it had to be killed. */
static bool wait_for(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd end = {.fd = pidfd, .events = POLLIN};
	bool ended = true;

	if (pidfd >= 0) {
		int ready;

		do {
			ready = poll(&end, 1, CHILD_LIMIT_MS);
		} while (ready < 0 && errno == EINTR);
		ended = ready != 0;
		close(pidfd);
	}
	if (!ended)
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return ended;
}

static int disturb(struct stress *stress)
{
	struct fork_storm *state = stress->state;
	struct run *run = stress->run;
	/* The byte a child stores must land in its own copy, never in a file. */
	enum act act = stress_random(stress, run->spec->backing->shared ? ACT_WRITE : ACTS);
	uint8_t *byte = run->memory + stress_random(stress, run->region_bytes);
	/* Without the atfork handlers, which would wait for locks of the other threads. */
	pid_t pid = _Fork();

	if (pid == 0)
		live(act, byte);
	if (pid < 0) {
		int error = errno;

		stress_note(stress, "fork failed after %llu children",
			    state->children[ACT_NOTHING] + state->children[ACT_READ] +
				    state->children[ACT_WRITE]);
		return -error;
	}
	if (!wait_for(pid))
		state->killed++;
	state->children[act]++;
	return 1;
}

static void stop(struct stress *stress)
{
	struct fork_storm *state = stress->state;

	stress_note(stress,
		    "children: %llu ended at once, %llu read a page first, %llu wrote one; "
		    "%llu did not end within %d ms and were killed",
		    state->children[ACT_NOTHING], state->children[ACT_READ],
		    state->children[ACT_WRITE], state->killed, CHILD_LIMIT_MS);
}

STRESSOR(fork_storm) = {
	.name = "fork_storm",
	.summary = "fork children that touch their copy of the memory and end",
	.place = INSIDE,
	.pause_ns = 200000,
	.state_bytes = sizeof(struct fork_storm),
	.disturb = disturb,
	.stop = stop,
};
