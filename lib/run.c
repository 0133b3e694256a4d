// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How a case ends early, and the small things that every part of a running case uses.
 */
#include "lib/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Several threads and processes may find trouble at once: the first one tells, and the case's own
 * process ends when it sees that somebody did. */
static void tell(struct run *run, enum verdict verdict, enum outcome outcome, const char *format,
		 va_list arguments)
{
	int teller = 0;

	if (!atomic_compare_exchange_strong(&run->result->told_by, &teller, getpid())) {
		/* A thread of this process ends it as soon as it has told. */
		while (teller == getpid())
			pause();
		_exit(0);
	}
	vsnprintf(run->result->reason, sizeof(run->result->reason), format, arguments);
	run->result->verdict = verdict;
	run->result->outcome = outcome;
	atomic_store(&run->result->phase, PHASE_DONE);
}

void run_broken(struct run *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell(run, VERDICT_BROKEN, OUTCOME_NONE, format, arguments);
	va_end(arguments);
	_exit(0);
}

void run_skip(struct run *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell(run, VERDICT_SKIP, OUTCOME_NONE, format, arguments);
	va_end(arguments);
	_exit(0);
}

static void refused(struct run *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tell(run, VERDICT_PASS, OUTCOME_REFUSED, format, arguments);
	va_end(arguments);
}

void run_refused(struct run *run, const struct workload *workload, int error, const char *call)
{
	bool listed = false;

	for (const int *errno_row = workload->refusals; errno_row && *errno_row; errno_row++)
		listed |= *errno_row == error;
	if (!listed || run->result->promise == PROMISE_ALLOWED)
		run_broken(run, "%s of %s memory: %s, where the pin should be allowed", call,
			   run->spec->backing->name, strerror(error));
	run->result->refused_errno = error;
	refused(run, "%s of %s memory on %s: %s", call, run->spec->backing->name,
		run->spec->filesystem->name, strerror(error));
	_exit(0);
}

bool run_excuses_error(const struct run *run, int error)
{
	for (unsigned i = 0; i < run->spec->stressors; i++) {
		const int *row = run->spec->stressor[i]->excused_errors;

		for (; row && *row; row++) {
			if (*row == error)
				return true;
		}
	}
	return false;
}

int run_open(struct run *run, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		run_broken(run, "open(%s): %s", path, strerror(errno));
	return fd;
}

int mover_open_far(struct mover *mover)
{
	const struct filesystem *filesystem = mover->run->spec->filesystem;
	bool direct = mover->workload->far_direct && filesystem->direct_align > 0;

	return run_open(mover->run, mover->run->far_path, O_RDWR | (direct ? O_DIRECT : 0));
}

uint64_t random_next(uint64_t *state)
{
	/* xorshift64* (Vigna, 2016). */
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

uint64_t random_seeded(uint64_t seed, uint64_t stream)
{
	uint64_t state = seed + (stream + 1) * 0x9e3779b97f4a7c15ull;

	state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9ull;
	state = (state ^ (state >> 27)) * 0x94d049bb133111ebull;
	state ^= state >> 31;
	return state ? state : 1;
}

uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}
