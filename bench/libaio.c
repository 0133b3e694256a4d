// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moves bytes between the memory and a file by Linux AIO with O_DIRECT, depth ops in flight. The
 * kernel pins the pages at io_submit() and drops them in the completion, in interrupt context or
 * from a workqueue (bio_check_pages_dirty), not in the thread that waits. A page that was cleaned
 * by writeback meanwhile has to be dirtied again from there, after the bytes have changed.
 */
#include "lib/run.h"
#include "lib/tables.h"

#ifdef HAVE_LIBAIO

#include <errno.h>
#include <libaio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One call waits this long. What a lost completion means is for the watchdog to say. */
enum { REAP_LIMIT_SECONDS = 5, REAP_BATCH = 64 };

struct aio {
	io_context_t context;
	int far_fd;
	struct iocb *blocks; /* by op->index */
};

static const char *probe(void)
{
	io_context_t context = NULL;
	int result = io_setup(1, &context);

	if (result == 0)
		io_destroy(context);
	if (result == -ENOSYS)
		return "the kernel has no Linux AIO (try: a kernel with CONFIG_AIO=y)";
	return NULL;
}

static void setup(struct mover *mover)
{
	struct aio *state = mover->state;
	int result = io_setup(mover->depth, &state->context);

	if (result == -EAGAIN)
		run_broken(mover->run,
			   "io_setup(%u): %s; fs.aio-nr is near fs.aio-max-nr (try: sysctl "
			   "fs.aio-max-nr=1048576)",
			   mover->depth, strerror(EAGAIN));
	if (result < 0)
		run_broken(mover->run, "io_setup(%u): %s", mover->depth, strerror(-result));
	state->blocks = calloc(mover->depth, sizeof(*state->blocks));
	if (!state->blocks)
		run_broken(mover->run, "allocating %u iocbs: %s", mover->depth, strerror(ENOMEM));
	state->far_fd = mover_open_far(mover);
}

static struct iocb *prepare(struct mover *mover, struct op *op)
{
	struct aio *state = mover->state;
	struct iocb *block = &state->blocks[op->index];

	if (mover->way == WAY_OUT)
		io_prep_pwrite(block, state->far_fd, op->memory, op->bytes, op->far_offset);
	else
		io_prep_pread(block, state->far_fd, op->memory, op->bytes, op->far_offset);
	block->data = op;
	return block;
}

static unsigned submit(struct mover *mover, struct op **ops, unsigned count)
{
	struct aio *state = mover->state;
	struct iocb *batch[REAP_BATCH];
	int result;

	if (count > REAP_BATCH)
		count = REAP_BATCH;
	for (unsigned i = 0; i < count; i++)
		batch[i] = prepare(mover, ops[i]);
	do {
		result = io_submit(state->context, count, batch);
	} while (result == -EINTR || result == 0);
	if (result > 0)
		return result;
	/* An error is that of the first one; those behind it were not looked at. */
	op_done(mover, ops[0], result);
	return 1;
}

/* What the kernel said of one op: the field is unsigned, the value is not. */
static int64_t result_of(const struct io_event *event)
{
	if ((long)event->res2 < 0)
		return (long)event->res2;
	return (long)event->res;
}

static void reap(struct mover *mover, unsigned wanted)
{
	struct aio *state = mover->state;
	struct io_event events[REAP_BATCH];

	do {
		struct timespec limit = {.tv_sec = REAP_LIMIT_SECONDS};
		unsigned least = wanted < REAP_BATCH ? wanted : REAP_BATCH;
		int got = io_getevents(state->context, least, REAP_BATCH, events, &limit);

		if (got == -EINTR)
			continue;
		if (got < 0)
			run_broken(mover->run, "io_getevents(%u): %s", least, strerror(-got));
		for (int i = 0; i < got; i++)
			op_done(mover, events[i].data, result_of(&events[i]));
		wanted -= (unsigned)got < wanted ? (unsigned)got : wanted;
	} while (wanted);
}

static void teardown(struct mover *mover)
{
	struct aio *state = mover->state;

	io_destroy(state->context);
	close(state->far_fd);
	free(state->blocks);
}

#endif

WORKLOAD(libaio) = {
	.name = "libaio",
	.summary = "read and write a file by Linux AIO with O_DIRECT",
	.pin = PIN_IO,
	.ways = WAY_IN | WAY_OUT,
	.far = FAR_FILE,
	.needs = NEED_DIRECT_IO,
	.far_direct = true,
	.counted_since_6_5 = true,
#ifdef HAVE_LIBAIO
	.state_bytes = sizeof(struct aio),
	.probe = probe,
	.setup = setup,
	.submit = submit,
	.reap = reap,
	.teardown = teardown,
#else
	.missing = "built without libaio (try: apt install libaio-dev)",
#endif
};
