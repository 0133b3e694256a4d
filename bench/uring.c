// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moves bytes between the memory and a file by io_uring READ and WRITE with O_DIRECT, depth ops in
 * flight, all of them submitted and awaited by one system call. The pages are pinned as for
 * odirect: from the submission until the completion, which need not run in the thread that
 * submitted; with sqpoll also the pinning itself happens in a kernel thread that borrows our memory
 * map.
 */
#include "lib/ring.h"
#include "lib/run.h"
#include "lib/tables.h"

#ifdef HAVE_LIBURING

static const struct option_row options[] = {
	RING_OPTION_SQPOLL,
	{.name = "registered_file",
	 .help = "1: register the far file with the ring instead of naming its descriptor in each "
		 "op",
	 .maximum = 1},
	{.name = NULL},
};

static void setup(struct mover *mover)
{
	const struct option_values *values = &mover->run->spec->options;

	ring_open(mover->state, mover, option_get(values, "sqpoll"),
		  option_get(values, "registered_file"));
}

static unsigned submit(struct mover *mover, struct op **ops, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		ring_queue(mover->state, mover, ops[i], RING_NOT_FIXED);
	return count;
}

static void reap(struct mover *mover, unsigned wanted)
{
	ring_reap(mover->state, mover, wanted);
}

static void teardown(struct mover *mover)
{
	ring_close(mover->state);
}

#endif

WORKLOAD(uring) = {
	.name = "uring",
	.summary = "read and write a file by io_uring with O_DIRECT",
	.pin = PIN_IO,
	.ways = WAY_IN | WAY_OUT,
	.far = FAR_FILE,
	.needs = NEED_DIRECT_IO,
	.far_direct = true,
	.counted_since_6_5 = true,
#ifdef HAVE_LIBURING
	.options = options,
	.state_bytes = sizeof(struct ring),
	.probe = ring_probe,
	.setup = setup,
	.submit = submit,
	.reap = reap,
	.teardown = teardown,
#else
	.missing = "built without liburing (try: apt install liburing-dev)",
#endif
};
