// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lies themselves. Damage is done at the far end of the op, where its bytes should be, with the
 * same calls that a user program has.
 */
#include "tests/planted/lies.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef HAVE_LIBURING
#include <liburing.h>
#endif

#include "lib/mover.h"
#include "lib/stamp.h"
#include "lib/view.h"

struct plan_of_lies lies;

enum { LEAKS = 4, RELEASE_MS = 1000 };

/* Shared with the test, which has to end the processes that hold the leaked pins. */
static struct leaks {
	int count;
	pid_t pid[LEAKS];
} * leaks;

__attribute__((constructor)) static void share_leaks(void)
{
	leaks = mmap(NULL, sizeof(*leaks), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
}

void __real_op_done(struct mover *mover, struct op *op, int64_t result);
void __wrap_op_done(struct mover *mover, struct op *op, int64_t result);
ssize_t __real_view_pread(enum view view, int fd, void *bytes, size_t count, off_t offset);
ssize_t __wrap_view_pread(enum view view, int fd, void *bytes, size_t count, off_t offset);
int __real_view_fsync(int fd);
int __wrap_view_fsync(int fd);

/* Puts the lie's version of the first slot of the block into bytes. */
static void damage(enum lie lie, const struct stamp_id *truth, uint8_t *bytes)
{
	struct stamp_id id = *truth;
	uint32_t half = truth->slot_bytes / 2;

	stamp_fill(bytes, truth);
	if (lie == LIE_FLIP)
		bytes[truth->slot_bytes - 1] ^= 0x10;
	if (lie == LIE_ZEROS)
		memset(bytes, 0, truth->slot_bytes);
	if (lie == LIE_OLD || lie == LIE_TEAR)
		id.generation--;
	if (lie == LIE_SWAP)
		id.slot ^= 1;
	if (lie == LIE_SEED)
		id.seed++;
	if (lie == LIE_FUTURE)
		id.generation += 1000;
	if (lie == LIE_TEAR) {
		uint8_t old[65536];

		stamp_fill(old, &id);
		memcpy(bytes + half, old + half, half);
	} else if (lie == LIE_OLD || lie == LIE_SWAP || lie == LIE_SEED || lie == LIE_FUTURE) {
		stamp_fill(bytes, &id);
	}
}

/* Where the bytes of op should have arrived: overwrites them. */
static void plant(struct mover *mover, struct op *op)
{
	struct stamp_id truth = mover_stamp(mover, op->block, op->generation);
	uint8_t bytes[65536];

	damage(lies.lie, &truth, bytes);
	if (mover->way == WAY_IN || mover->workload->far == FAR_SELF)
		memcpy(op->memory, bytes, truth.slot_bytes);
	else if (mover->workload->far == FAR_MEMORY)
		memcpy(op->far_memory, bytes, truth.slot_bytes);
	else if (pwrite(mover->run->far_fd, bytes, truth.slot_bytes, op->far_offset) < 0)
		abort();
}

/* A process of its own that pins memory for as long as it lives. */
static void leak(void)
{
#ifdef HAVE_LIBURING
	static int done;
	struct io_uring ring;
	struct iovec memory = {.iov_len = 65536};
	int told[2];
	char word = 0;

	if (done++ || leaks->count == LEAKS || pipe(told))
		return;
	if (fork()) {
		if (read(told[0], &word, 1) != 1)
			abort();
		return;
	}
	setsid();
	leaks->pid[leaks->count++] = getpid();
	memory.iov_base = mmap(NULL, memory.iov_len, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (io_uring_queue_init(2, &ring, 0) || io_uring_register_buffers(&ring, &memory, 1) ||
	    write(told[1], &word, 1) != 1)
		abort();
	for (;;)
		pause();
#endif
}

void lies_end_leak(void)
{
	bool any = leaks->count > 0;

	while (leaks->count > 0) {
		pid_t pid = leaks->pid[--leaks->count];

		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	/* The ring gives its pins back from a work queue, and what it gives back during the next
	 * case would hide a leak of that one. */
	if (any)
		poll(NULL, 0, RELEASE_MS);
}

/* One block lies, and so does every op on it. */
static bool is_chosen(const struct op *op)
{
	return op->block == 2;
}

void __wrap_op_done(struct mover *mover, struct op *op, int64_t result)
{
	if (!is_chosen(op)) {
		__real_op_done(mover, op, result);
		return;
	}
	switch (lies.lie) {
	case LIE_NONE:
	case LIE_FSYNC:
	case LIE_VIEW_ZEROS:
	case LIE_VIEW_EIO:
		break;
	case LIE_SHORT:
		result /= 2;
		break;
	case LIE_ERROR:
		result = -EXDEV;
		break;
	case LIE_HANG:
		for (;;)
			pause();
	case LIE_CRASH:
		raise(SIGKILL);
		break;
	case LIE_LEAK_ONCE:
		if (leaks->count == 0)
			leak();
		break;
	case LIE_LEAK:
		leak();
		break;
	default:
		plant(mover, op);
	}
	__real_op_done(mover, op, result);
}

ssize_t __wrap_view_pread(enum view view, int fd, void *bytes, size_t count, off_t offset)
{
	ssize_t got;

	if (lies.lie == LIE_VIEW_EIO && view == lies.view) {
		errno = EIO;
		return -1;
	}
	got = __real_view_pread(view, fd, bytes, count, offset);
	if (lies.lie == LIE_VIEW_ZEROS && view == lies.view && got > 0)
		memset(bytes, 0, got);
	return got;
}

int __wrap_view_fsync(int fd)
{
	return lies.lie == LIE_FSYNC ? 0 : __real_view_fsync(fd);
}
