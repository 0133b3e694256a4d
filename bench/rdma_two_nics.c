// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two RDMA devices, each with a memory region over the same pages: every page is pinned twice
 * (FOLL_LONGTERM), and each device has its own reason to leave it dirty or to give it back. An op
 * is either moved by both, one after the other, so that the second one stores what is there
 * already; or in two halves, one by each device at the same time, which with a block of a page or
 * less puts two writers into one page that neither of them knows of.
 */
#include "lib/machine.h"
#include "lib/run.h"
#include "lib/tables.h"
#include "lib/verbs.h"

#ifdef HAVE_IBVERBS

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NICS = 2, ENDED = 64 };

enum parts { PARTS_SAME, PARTS_DISJOINT };

struct two_nics {
	struct verbs nic[NICS];
	enum parts parts;
	unsigned *left; /* of each op, by its index: transfers to come */
};

static const char *const parts_words[] = {"same", "disjoint"};

static const struct option_row options[] = {
	VERBS_OPTIONS,
	{.name = "parts",
	 .help = "the bytes of an op, by both devices one after the other (same), or one half by "
		 "each (disjoint)",
	 .maximum = PARTS_DISJOINT,
	 .words = parts_words},
	{.name = NULL},
};

static const char *probe(void)
{
	static const char *const sentences[] =
		VERBS_SENTENCES("rdma_two_nics needs two RDMA devices");

	return sentences[verbs_lacks(NICS)];
}

static int prepare(struct machine *machine)
{
	return machine_rdma(machine, NICS);
}

static void setup(struct mover *mover)
{
	struct two_nics *state = mover->state;

	state->parts = (enum parts)option_get(&mover->run->spec->options, "parts");
	state->left = calloc(mover->depth, sizeof(*state->left));
	if (!state->left)
		run_broken(mover->run, "allocating %u counts: %s", mover->depth, strerror(ENOMEM));
	for (unsigned i = 0; i < NICS; i++)
		verbs_open(&state->nic[i], mover, i, 0);
	for (unsigned i = 0; i < NICS; i++)
		verbs_pin(&state->nic[i]);
	for (unsigned i = 0; i < NICS; i++)
		verbs_register_far(&state->nic[i]);
}

static unsigned submit(struct mover *mover, struct op **ops, unsigned count)
{
	struct two_nics *state = mover->state;

	for (unsigned i = 0; i < count; i++) {
		struct op *op = ops[i];
		uint32_t half = op->bytes / NICS;

		state->left[op->index] = NICS;
		if (state->parts == PARTS_SAME) {
			verbs_queue(&state->nic[0], op, 0, op->bytes);
		} else {
			verbs_queue(&state->nic[0], op, 0, half);
			verbs_queue(&state->nic[1], op, half, op->bytes - half);
		}
	}
	return count;
}

/* Returns whether the op is over with it. */
static bool end_transfer(struct mover *mover, const struct verbs_end *ended)
{
	struct two_nics *state = mover->state;
	struct op *op = ended->op;

	if (--state->left[op->index] == 0) {
		op_done(mover, op, op->bytes);
		return true;
	}
	if (state->parts == PARTS_SAME)
		verbs_queue(&state->nic[1], op, 0, op->bytes);
	return false;
}

static void reap(struct mover *mover, unsigned wanted)
{
	struct two_nics *state = mover->state;

	for (unsigned done = 0; done < wanted;) {
		struct verbs_end ended[ENDED];
		unsigned count = verbs_wait(state->nic, NICS, ended, ENDED);

		for (unsigned i = 0; i < count; i++)
			done += end_transfer(mover, &ended[i]);
	}
}

static void teardown(struct mover *mover)
{
	struct two_nics *state = mover->state;

	for (unsigned i = 0; i < NICS; i++)
		verbs_deregister(&state->nic[i]);
	for (unsigned i = 0; i < NICS; i++) {
		verbs_deregister_far(&state->nic[i]);
		verbs_close(&state->nic[i]);
	}
	free(state->left);
}

static const int refusals[] = {EFAULT, EOPNOTSUPP, 0};

#endif

WORKLOAD(rdma_two_nics) = {
	.name = "rdma_two_nics",
	.summary =
		"pin the memory for good by two RDMA devices, and let both move bytes of the same "
		"pages",
	.pin = PIN_LONG,
	.ways = WAY_IN | WAY_OUT,
	.far = FAR_MEMORY,
	.counted_always = true,
#ifdef HAVE_IBVERBS
	.refusals = refusals,
	.options = options,
	.state_bytes = sizeof(struct two_nics),
	.probe = probe,
	.prepare = prepare,
	.promise = verbs_promise,
	.setup = setup,
	.submit = submit,
	.reap = reap,
	.teardown = teardown,
#else
	.missing = "built without libibverbs (try: apt install libibverbs-dev)",
#endif
};
