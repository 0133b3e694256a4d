// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registers the whole memory with an io_uring (FOLL_LONGTERM, always writable) and moves bytes by
 * READ_FIXED and WRITE_FIXED. The pages are pinned from the registration until it is taken back,
 * over any number of I/Os, and nothing that happens to the page tables meanwhile reaches the pin:
 * what an I/O stores after writeback cleaned such a page is dirty for nobody. That is why the
 * kernel refuses the pin on a shared mapping of a file system that tracks dirty pages: since 6.5
 * with EFAULT (8ac268436e6d "mm/gup: disallow FOLL_LONGTERM GUP-nonfast writing to file-backed
 * mappings"), before that with io_uring's own EOPNOTSUPP for every file that is not in memory only.
 */
#include "lib/ring.h"
#include "lib/run.h"
#include "lib/tables.h"

#ifdef HAVE_LIBURING

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence.h"

#define MOST_PER_BUFFER_BYTES (1ull << 30) /* the kernel's limit for one registered buffer */
#define CHURN_LIMIT_NS        10000000000ull

struct fixed {
	struct ring ring;
	struct iovec *buffers; /* the memory in pieces, buffer_count of them */
	unsigned buffer_count;
	bool update;
	uint64_t churn, ended; /* ended: ops since the last registration */
	unsigned in_flight;
};

static const struct option_row options[] = {
	RING_OPTION_SQPOLL,
	{.name = "churn",
	 .help = "drop and take the long pins again after every N ops, with none in flight; 0: "
		 "never",
	 .maximum = 1 << 30},
	{.name = "update",
	 .help = "1: pin by updating a sparse table of buffers, so that churn takes the new pins "
		 "before it drops the old ones (5.13)",
	 .maximum = 1},
	{.name = NULL},
};

/* --- the long pins --- */

/* The call and its size, for a sentence. */
static const char *pin_call(const struct mover *mover, char *text, size_t bytes)
{
	const struct fixed *state = mover->state;
	size_t region_bytes = mover->run->region_bytes;
	bool mib = region_bytes >> 20 << 20 == region_bytes;

	snprintf(text, bytes, "%s(%zu %s)",
		 state->update ? "io_uring_register_buffers_update_tag"
			       : "io_uring_register_buffers",
		 region_bytes >> (mib ? 20 : 10), mib ? "MiB" : "KiB");
	return text;
}

static void make_table(struct mover *mover)
{
	struct fixed *state = mover->state;
	struct iovec *empty = calloc(state->buffer_count, sizeof(*empty));
	__u64 *tags = calloc(state->buffer_count, sizeof(*tags));
	int result;

	if (!empty || !tags)
		run_broken(mover->run, "allocating %u buffers: %s", state->buffer_count,
			   strerror(ENOMEM));
	if (!(state->ring.uring.features & IORING_FEAT_RSRC_TAGS))
		run_skip(mover->run, "uring_fixed with update=1 needs buffer tables that can be "
				     "updated; this kernel's io_uring has none (try: Linux 5.13)");
	result = io_uring_register_buffers_tags(&state->ring.uring, empty, tags,
						state->buffer_count);
	if (result < 0)
		run_broken(mover->run, "io_uring_register_buffers_tags(%u empty): %s",
			   state->buffer_count, strerror(-result));
	free(empty);
	free(tags);
}

/* Takes the pins: 0, or -errno. */
static int pin(struct mover *mover)
{
	struct fixed *state = mover->state;
	__u64 no_tag = 0;

	if (!state->update)
		return io_uring_register_buffers(&state->ring.uring, state->buffers,
						 state->buffer_count);
	for (unsigned i = 0; i < state->buffer_count; i++) {
		int result = io_uring_register_buffers_update_tag(&state->ring.uring, i,
								  &state->buffers[i], &no_tag, 1);

		if (result != 1)
			return result < 0 ? result : -EIO;
	}
	return 0;
}

static void unpin(struct mover *mover)
{
	struct fixed *state = mover->state;
	int result = io_uring_unregister_buffers(&state->ring.uring);

	if (result < 0)
		run_broken(mover->run, "io_uring_unregister_buffers: %s", strerror(-result));
}

static void pin_again(struct mover *mover)
{
	struct fixed *state = mover->state;
	uint64_t start_ns = clock_ns();
	char call[96];
	int result;

	if (!state->update)
		unpin(mover);
	/* A stressor may make the memory unfit for a pin for a while: truncated, or read-only. */
	do {
		result = pin(mover);
	} while (result == -EFAULT && run_excuses_error(mover->run, EFAULT) &&
		 clock_ns() - start_ns < CHURN_LIMIT_NS && sched_yield() == 0);
	if (result < 0)
		run_broken(mover->run, "%s, again after %llu ops: %s",
			   pin_call(mover, call, sizeof(call)), (unsigned long long)state->ended,
			   strerror(-result));
	state->ended = 0;
}

/* --- the workload --- */

static enum promise promise(const struct case_spec *spec)
{
	const struct backing *backing = spec->backing;
	const char *type = spec->filesystem->kernel_type;

	if (!backing->file)
		return PROMISE_ALLOWED;
	/* Early ones refused shmem, too; the io_uring of 5.15, which 5.10 stable also got, allows
	 * it. */
	if (!backing->on_disk || (type && strcmp(type, "tmpfs") == 0))
		return kernel_at_least(5, 15) ? PROMISE_ALLOWED : PROMISE_UNKNOWN;
	/* Every file system on a block device tracks dirty pages; of others nothing is known. */
	if (!spec->filesystem->block_device)
		return PROMISE_UNKNOWN;
	if (backing->shared)
		return PROMISE_REFUSED;
	/* The pin of a private mapping breaks its copy-on-write first: the page is anonymous. */
	return kernel_at_least(6, 5) ? PROMISE_ALLOWED : PROMISE_REFUSED;
}

static void cut_into_buffers(struct mover *mover)
{
	struct fixed *state = mover->state;
	const struct run *run = mover->run;

	state->buffer_count =
		(run->region_bytes + MOST_PER_BUFFER_BYTES - 1) / MOST_PER_BUFFER_BYTES;
	state->buffers = calloc(state->buffer_count, sizeof(*state->buffers));
	if (!state->buffers)
		run_broken(mover->run, "allocating %u buffers: %s", state->buffer_count,
			   strerror(ENOMEM));
	for (unsigned i = 0; i < state->buffer_count; i++) {
		size_t start = i * MOST_PER_BUFFER_BYTES;
		size_t left = run->region_bytes - start;

		state->buffers[i].iov_base = run->memory + start;
		state->buffers[i].iov_len =
			left < MOST_PER_BUFFER_BYTES ? left : MOST_PER_BUFFER_BYTES;
	}
}

static void setup(struct mover *mover)
{
	struct fixed *state = mover->state;
	const struct option_values *values = &mover->run->spec->options;
	char call[96];
	int result;

	state->churn = option_get(values, "churn");
	state->update = option_get(values, "update");
	ring_open(&state->ring, mover, option_get(values, "sqpoll"), true);
	cut_into_buffers(mover);
	if (state->update)
		make_table(mover);
	result = pin(mover);
	if (result == 0)
		return;
	pin_call(mover, call, sizeof(call));
	ring_skip_memlock(mover, call, -result);
	run_refused(mover->run, mover->workload, -result, call);
}

static unsigned submit(struct mover *mover, struct op **ops, unsigned count)
{
	struct fixed *state = mover->state;

	for (unsigned i = 0; i < count; i++)
		ring_queue(&state->ring, mover, ops[i],
			   ops[i]->memory_offset / MOST_PER_BUFFER_BYTES);
	state->in_flight += count;
	return count;
}

static void reap(struct mover *mover, unsigned wanted)
{
	struct fixed *state = mover->state;
	bool due = state->churn && state->ended + wanted >= state->churn;
	unsigned ended = ring_reap(&state->ring, mover, due ? state->in_flight : wanted);

	state->in_flight -= ended;
	state->ended += ended;
	if (due)
		pin_again(mover);
}

static void teardown(struct mover *mover)
{
	struct fixed *state = mover->state;

	unpin(mover);
	ring_close(&state->ring);
	free(state->buffers);
}

static const int refusals[] = {EFAULT, EOPNOTSUPP, 0};

#endif

WORKLOAD(uring_fixed) = {
	.name = "uring_fixed",
	.summary =
		"pin the memory for good as io_uring buffers; read and write a file through them",
	.pin = PIN_LONG,
	.ways = WAY_IN | WAY_OUT,
	.far = FAR_FILE,
	.far_direct = true,
	.counted_always = true,
#ifdef HAVE_LIBURING
	.refusals = refusals,
	.options = options,
	.state_bytes = sizeof(struct fixed),
	.probe = ring_probe,
	.promise = promise,
	.setup = setup,
	.submit = submit,
	.reap = reap,
	.teardown = teardown,
#else
	.missing = "built without liburing (try: apt install liburing-dev)",
#endif
};
