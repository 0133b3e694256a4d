// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registers the whole memory as one RDMA memory region and moves bytes by RDMA WRITE or RDMA READ,
 * through a connection of the device with itself. The region pins its pages (FOLL_LONGTERM) from
 * the registration to the end of the case, and the device stores into them as it likes. A shared
 * file mapping is where that goes wrong: writeback cleans a page and write-protects it in the page
 * tables, which the device does not look at, and what it stores next is dirty for nobody. fsync
 * returns 0, and the disk keeps the older bytes until somebody drops the pin, which marks the page
 * dirty at last. Since 6.5 such a pin is refused with EFAULT (8ac268436e6d "mm/gup: disallow
 * FOLL_LONGTERM GUP-nonfast writing to file-backed mappings"); before, RDMA took it.
 */
#include "lib/machine.h"
#include "lib/run.h"
#include "lib/tables.h"
#include "lib/verbs.h"

#ifdef HAVE_IBVERBS

#include <errno.h>

enum { ENDED = 64 };

struct mr {
	struct verbs verbs;
	uint64_t rereg, ended; /* ended: ops since the last registration */
	unsigned in_flight;
};

static const struct option_row options[] = {
	VERBS_OPTIONS,
	VERBS_OPTION_REREG,
	{.name = NULL},
};

static const char *probe(void)
{
	static const char *const sentences[] = VERBS_SENTENCES("rdma_mr needs an RDMA device");

	return sentences[verbs_lacks(1)];
}

static int prepare(struct machine *machine)
{
	return machine_rdma(machine, 1);
}

static void setup(struct mover *mover)
{
	struct mr *state = mover->state;

	state->rereg = option_get(&mover->run->spec->options, "rereg");
	verbs_open(&state->verbs, mover, 0, 0);
	verbs_pin(&state->verbs);
	verbs_register_far(&state->verbs);
}

static unsigned submit(struct mover *mover, struct op **ops, unsigned count)
{
	struct mr *state = mover->state;

	for (unsigned i = 0; i < count; i++)
		verbs_queue(&state->verbs, ops[i], 0, ops[i]->bytes);
	state->in_flight += count;
	return count;
}

static void reap(struct mover *mover, unsigned wanted)
{
	struct mr *state = mover->state;
	bool due = state->rereg && state->ended + wanted >= state->rereg;

	if (due)
		wanted = state->in_flight;
	for (unsigned done = 0; done < wanted;) {
		struct verbs_end ended[ENDED];
		unsigned count = verbs_wait(&state->verbs, 1, ended, ENDED);

		for (unsigned i = 0; i < count; i++)
			op_done(mover, ended[i].op, ended[i].op->bytes);
		state->in_flight -= count;
		state->ended += count;
		done += count;
	}
	if (!due)
		return;
	verbs_pin_again(&state->verbs, state->ended);
	state->ended = 0;
}

static void teardown(struct mover *mover)
{
	struct mr *state = mover->state;

	verbs_deregister(&state->verbs);
	verbs_deregister_far(&state->verbs);
	verbs_close(&state->verbs);
}

static const int refusals[] = {EFAULT, EOPNOTSUPP, 0};

#endif

WORKLOAD(rdma_mr) = {
	.name = "rdma_mr",
	.summary =
		"pin the memory for good as an RDMA memory region; let the device store into it, "
		"or fetch from it",
	.pin = PIN_LONG,
	.ways = WAY_IN | WAY_OUT,
	.far = FAR_MEMORY,
	.counted_always = true,
#ifdef HAVE_IBVERBS
	.refusals = refusals,
	.options = options,
	.state_bytes = sizeof(struct mr),
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
