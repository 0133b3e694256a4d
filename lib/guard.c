// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The handlers of SIGBUS and SIGSEGV, one pair for the process. Faults of the CPU are delivered to
 * the thread that caused them, so a thread-local pointer says where the innermost guarded call of
 * that thread returns to. Without one, or for a fault of another kind, the default action is put
 * back and the faulting instruction is run again, so that the process dies where it went wrong.
 *
 * State at file scope: a signal handler has no argument through which it could be passed.
 */
#include "lib/guard.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* SA_NODEFER leaves the signal mask alone, so that a jump out of the handler does not have to
 * restore it and sigsetjmp() costs no system call. ThreadSanitizer's own handler blocks all
 * signals. */
#ifdef DIRTYPIN_SANITIZED
enum { SAVE_MASK = 1 };
#else
enum { SAVE_MASK = 0 };
#endif

struct range {
	atomic_uintptr_t start, end; /* end is written last; 0 while the row is not complete */
};

static struct range ranges[GUARD_RANGES];
static atomic_uint ranges_taken;
static _Thread_local sigjmp_buf *_Atomic innermost;

/* A fault happens again when the handler returns; a signal that somebody sent does not. */
static void die_of(int signal, const siginfo_t *info)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	sigaction(signal, &action, NULL);
	if (info->si_code <= 0)
		raise(signal);
}

static bool is_retried(uintptr_t address)
{
	for (unsigned i = 0; i < GUARD_RANGES; i++) {
		uintptr_t end = atomic_load_explicit(&ranges[i].end, memory_order_acquire);

		if (address < end &&
		    address >= atomic_load_explicit(&ranges[i].start, memory_order_relaxed))
			return true;
	}
	return false;
}

/* Whether the page at address can be written just now. FUTEX_WAKE_OP adds 0 to the word there, by
 * an atomic operation that changes no byte, also not one that a device stores at the same time; on
 * memory that may not be written it fails with EFAULT instead of a signal. */
static bool can_be_written(uintptr_t address)
{
	uint32_t own = 0;
	void *word = (void *)(address & ~(uintptr_t)3);

	return syscall(SYS_futex, &own, FUTEX_WAKE_OP_PRIVATE, 0, 0, word,
		       FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0)) >= 0 ||
	       errno != EFAULT;
}

static bool wait_until_written(uintptr_t address)
{
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		if (can_be_written(address))
			return true;
		sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec <= GUARD_RETRY_LIMIT_SECONDS);
	return false;
}

static void on_sigsegv(int signal, siginfo_t *info, void *context)
{
	int saved = errno;
	uintptr_t address = (uintptr_t)info->si_addr;

	if (info->si_code != SEGV_ACCERR || !is_retried(address) || !wait_until_written(address))
		die_of(signal, info);
	errno = saved;
}

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
	sigjmp_buf *back = atomic_load_explicit(&innermost, memory_order_relaxed);

	/* BUS_ADRERR is a page that is not there; a memory error of the hardware is not ours. */
	if (info->si_code == BUS_ADRERR && back)
		siglongjmp(*back, 1);
	die_of(signal, info);
}

static int installed_errno;

static void install(void)
{
	struct sigaction action = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_NODEFER};

	if (sigaction(SIGBUS, &action, NULL))
		installed_errno = errno;
	action.sa_sigaction = on_sigsegv;
	if (sigaction(SIGSEGV, &action, NULL))
		installed_errno = errno;
}

int guard_install(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
	return -installed_errno;
}

int guarded_call(void (*body)(void *context), void *context)
{
	sigjmp_buf back;
	sigjmp_buf *outer = atomic_load_explicit(&innermost, memory_order_relaxed);

	if (sigsetjmp(back, SAVE_MASK)) {
		atomic_store_explicit(&innermost, outer, memory_order_relaxed);
		return -EFAULT;
	}
	/* The fences keep the compiler from moving body's accesses out from between the stores. */
	atomic_store_explicit(&innermost, &back, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	body(context);
	atomic_signal_fence(memory_order_seq_cst);
	atomic_store_explicit(&innermost, outer, memory_order_relaxed);
	return 0;
}

struct copy {
	void *to;
	const void *from;
	size_t bytes;
};

static void copy_body(void *context)
{
	const struct copy *copy = context;

	memcpy(copy->to, copy->from, copy->bytes);
}

int guarded_copy(void *to, const void *from, size_t bytes)
{
	struct copy copy = {to, from, bytes};

	return guarded_call(copy_body, &copy);
}

int guard_retry_range(void *start, size_t bytes)
{
	uintptr_t first = (uintptr_t)start;
	unsigned row;

	for (unsigned i = 0; i < GUARD_RANGES; i++) {
		if (atomic_load(&ranges[i].start) == first &&
		    atomic_load(&ranges[i].end) == first + bytes)
			return 0;
	}
	row = atomic_fetch_add(&ranges_taken, 1);
	if (row >= GUARD_RANGES)
		return -ENOSPC;
	atomic_store_explicit(&ranges[row].start, first, memory_order_relaxed);
	atomic_store_explicit(&ranges[row].end, first + bytes, memory_order_release);
	return 0;
}
