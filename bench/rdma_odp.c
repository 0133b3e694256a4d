// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The same bytes as rdma_mr, but the memory region is on demand (ODP): nothing is pinned. The
 * device faults a page in when it needs it, for writing if it writes, and an MMU notifier takes the
 * page away from it when the kernel changes its mapping. So when writeback write-protects a page,
 * the next store of the device faults again and tells the file system, as one of the CPU would. It
 * is the control for rdma_mr: what fails there must pass here.
 */
#include "lib/machine.h"
#include "lib/run.h"
#include "lib/tables.h"
#include "lib/verbs.h"

#ifdef HAVE_IBVERBS

#include <errno.h>
#include <string.h>

enum { ENDED = 64 };

struct odp {
	struct verbs verbs;
};

static const struct option_row options[] = {
	VERBS_OPTIONS,
	{.name = NULL},
};

static const char *probe(void)
{
	static const char *const sentences[] = VERBS_SENTENCES("rdma_odp needs an RDMA device");

	return sentences[verbs_lacks(1)];
}

static int prepare(struct machine *machine)
{
	return machine_rdma(machine, 1);
}

static void setup(struct mover *mover)
{
	struct odp *state = mover->state;
	char call[128];
	int error;

	/* A store that faults for good ends the connection with all that is queued behind it, so
	 * that nothing would be left to ask. */
	if (mover->way == WAY_IN && run_excuses_error(mover->run, EFAULT))
		run_skip(mover->run,
			 "rdma_odp way=in needs memory that can always be written: a "
			 "reliable connection ends at its first access error (try: way=out, "
			 "or rdma_mr)");
	verbs_open(&state->verbs, mover, 0, IBV_ACCESS_ON_DEMAND);
	error = verbs_register(&state->verbs);
	verbs_call(&state->verbs, call, sizeof(call));
	/* What kernels say whose driver, or who themselves, know no paging on demand. */
	if (error == EINVAL || error == EOPNOTSUPP)
		run_skip(mover->run,
			 "rdma_odp needs a device with on-demand paging; %s: %s (try: a newer "
			 "kernel, or another device)",
			 call, strerror(error));
	if (error)
		run_broken(mover->run, "%s: %s", call, strerror(error));
	verbs_register_far(&state->verbs);
}

static unsigned submit(struct mover *mover, struct op **ops, unsigned count)
{
	struct odp *state = mover->state;

	for (unsigned i = 0; i < count; i++)
		verbs_queue(&state->verbs, ops[i], 0, ops[i]->bytes);
	return count;
}

static void reap(struct mover *mover, unsigned wanted)
{
	struct odp *state = mover->state;

	for (unsigned done = 0; done < wanted;) {
		struct verbs_end ended[ENDED];
		unsigned count = verbs_wait(&state->verbs, 1, ended, ENDED);

		for (unsigned i = 0; i < count; i++)
			op_done(mover, ended[i].op, ended[i].op->bytes);
		done += count;
	}
}

static void teardown(struct mover *mover)
{
	struct odp *state = mover->state;

	verbs_deregister(&state->verbs);
	verbs_deregister_far(&state->verbs);
	verbs_close(&state->verbs);
}

#endif

WORKLOAD(rdma_odp) = {
	.name = "rdma_odp",
	.summary = "let an RDMA device store into the memory, or fetch from it, without a pin: on "
		   "demand",
	.pin = PIN_NONE,
	.ways = WAY_IN | WAY_OUT,
	.far = FAR_MEMORY,
#ifdef HAVE_IBVERBS
	.options = options,
	.state_bytes = sizeof(struct odp),
	.probe = probe,
	.prepare = prepare,
	.setup = setup,
	.submit = submit,
	.reap = reap,
	.teardown = teardown,
#else
	.missing = "built without libibverbs (try: apt install libibverbs-dev)",
#endif
};
