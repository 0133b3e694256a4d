// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One ring per mover and one io_uring_enter() per round: it submits what submit() queued and waits
 * for the first completion. liburing returns -errno; nothing here reads errno after it.
 */
#include "lib/ring.h"

#ifdef HAVE_LIBURING

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/run.h"

/* How long the kernel's submission thread spins without work before it sleeps. */
enum { SQPOLL_IDLE_MS = 50 };

/* What io_uring_setup() may be asked for, best first. COOP_TASKRUN (5.19) saves the interrupt by
 * which a completion would otherwise stop the mover: it enters the kernel soon anyway.
 * SINGLE_ISSUER with DEFER_TASKRUN was no faster here, and then only the mover's thread could drop
 * the long pins. */
static const unsigned setup_flags[] = {IORING_SETUP_COOP_TASKRUN, 0};

static int try_ring(struct io_uring *uring, unsigned entries, bool sqpoll)
{
	int result = -EINVAL;

	if (sqpoll) {
		struct io_uring_params params = {.flags = IORING_SETUP_SQPOLL,
						 .sq_thread_idle = SQPOLL_IDLE_MS};

		return io_uring_queue_init_params(entries, uring, &params);
	}
	for (unsigned i = 0; result == -EINVAL && i < sizeof(setup_flags) / sizeof(*setup_flags);
	     i++)
		result = io_uring_queue_init(entries, uring, setup_flags[i]);
	return result;
}

static const char *why_not_permitted(void)
{
	FILE *file = fopen("/proc/sys/kernel/io_uring_disabled", "re");
	int level = file ? fgetc(file) : '0';

	if (file)
		fclose(file);
	if (level == '2')
		return "io_uring is turned off: kernel.io_uring_disabled is 2 (try: sysctl "
		       "kernel.io_uring_disabled=0)";
	if (level == '1')
		return "io_uring is for root and one group: kernel.io_uring_disabled is 1 (try: as "
		       "root, or sysctl kernel.io_uring_disabled=0)";
	return "io_uring_setup is forbidden, as by a seccomp filter (try: outside of the "
	       "container)";
}

static void raise_memlock(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_MEMLOCK, &limit);
	}
}

const char *ring_probe(void)
{
	struct io_uring uring;
	int result;

	raise_memlock();
	result = try_ring(&uring, 1, false);
	if (result == 0)
		io_uring_queue_exit(&uring);
	if (result == -ENOSYS)
		return "the kernel has no io_uring (try: a kernel with CONFIG_IO_URING=y)";
	if (result == -EPERM)
		return why_not_permitted();
	return NULL;
}

/* Whether RLIMIT_MEMLOCK means nothing to us. */
static bool has_cap_ipc_lock(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

	return syscall(SYS_capget, &header, data) == 0 &&
	       data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK);
}

void ring_skip_memlock(struct mover *mover, const char *call, int error)
{
	struct rlimit limit;

	if (error != ENOMEM || getrlimit(RLIMIT_MEMLOCK, &limit) ||
	    limit.rlim_cur == RLIM_INFINITY || has_cap_ipc_lock())
		return;
	run_skip(mover->run, "%s: %s; RLIMIT_MEMLOCK is %llu KiB (try: ulimit -l unlimited)", call,
		 strerror(error), (unsigned long long)limit.rlim_cur / 1024);
}

/* Before 5.11 the submission thread was for the administrator, and for registered files only. */
static void skip_sqpoll(struct mover *mover, int result)
{
	if (result == -EPERM)
		run_skip(mover->run, "io_uring_setup(SQPOLL): %s (try: as root, or Linux 5.11)",
			 strerror(EPERM));
}

void ring_open(struct ring *ring, struct mover *mover, bool sqpoll, bool register_far)
{
	int result;

	raise_memlock();
	/* Twice the depth: a submission thread hands its entries back only after a whole batch, of
	 * which the first may be done and their ops in use again. */
	result = try_ring(&ring->uring, mover->depth * 2, sqpoll);
	if (sqpoll)
		skip_sqpoll(mover, result);
	if (result < 0)
		ring_skip_memlock(mover, "io_uring_setup", -result);
	if (result < 0)
		run_broken(mover->run, "io_uring_setup(%u entries%s): %s", mover->depth * 2,
			   sqpoll ? ", SQPOLL" : "", strerror(-result));
	ring->far_fd = mover_open_far(mover);
	ring->far_registered =
		register_far || (sqpoll && !(ring->uring.features & IORING_FEAT_SQPOLL_NONFIXED));
	if (!ring->far_registered)
		return;
	result = io_uring_register_files(&ring->uring, &ring->far_fd, 1);
	if (result < 0)
		run_broken(mover->run, "io_uring_register_files(%s): %s", mover->run->far_path,
			   strerror(-result));
}

void ring_queue(struct ring *ring, struct mover *mover, struct op *op, int buffer)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(&ring->uring);
	bool out = mover->way == WAY_OUT;
	int opcode = out ? IORING_OP_WRITE : IORING_OP_READ;

	if (!entry)
		run_broken(mover->run, "the submission ring of %u entries is full at depth %u",
			   ring->uring.sq.ring_entries, mover->depth);
	if (buffer != RING_NOT_FIXED)
		opcode = out ? IORING_OP_WRITE_FIXED : IORING_OP_READ_FIXED;
	io_uring_prep_rw(opcode, entry, ring->far_registered ? 0 : ring->far_fd, op->memory,
			 op->bytes, op->far_offset);
	if (buffer != RING_NOT_FIXED)
		entry->buf_index = buffer;
	if (ring->far_registered)
		entry->flags |= IOSQE_FIXED_FILE;
	io_uring_sqe_set_data(entry, op);
}

/* Ends every op whose completion is there. */
static unsigned drain(struct ring *ring, struct mover *mover)
{
	struct io_uring_cqe *entry;
	unsigned head, count = 0;

	io_uring_for_each_cqe(&ring->uring, head, entry)
	{
		op_done(mover, io_uring_cqe_get_data(entry), entry->res);
		count++;
	}
	io_uring_cq_advance(&ring->uring, count);
	return count;
}

unsigned ring_reap(struct ring *ring, struct mover *mover, unsigned wanted)
{
	unsigned ended = 0;

	do {
		/* EAGAIN and EBUSY ask to come back after taking completions, EINTR just so. A bad
		 * entry ends a batch (before 5.18), and the next call goes on behind it. What a
		 * lost completion means is for the watchdog to say. */
		int result =
			io_uring_submit_and_wait(&ring->uring, wanted > ended ? wanted - ended : 0);

		if (result < 0 && result != -EINTR && result != -EAGAIN && result != -EBUSY)
			run_broken(mover->run, "io_uring_enter(wait for %u of %u ops): %s",
				   wanted - ended, mover->in_flight, strerror(-result));
		ended += drain(ring, mover);
	} while (ended < wanted);
	return ended;
}

void ring_close(struct ring *ring)
{
	io_uring_queue_exit(&ring->uring);
	close(ring->far_fd);
}

#endif
