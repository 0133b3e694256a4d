// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The end of every op. A workload never judges its own I/O: this function alone looks at the result
 * (short, failed), judges the bytes where they can be judged at once, and moves the ledger.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/judge.h"
#include "lib/mover.h"
#include "lib/stamp.h"
#include "lib/stress_loop.h"

static bool excused_short(const struct run *run)
{
	for (unsigned i = 0; i < run->spec->stressors; i++) {
		if (run->spec->stressor[i]->excuses_short)
			return true;
	}
	return false;
}

/* What checksumming and protecting layers say when the bytes are not what was written. */
static bool is_unreadable(int error)
{
	return error == EIO || error == EUCLEAN || error == EILSEQ;
}

/* Several movers report to the same findings. */
static void report(struct mover *mover, const struct finding *finding)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&lock);
	findings_add(&mover->run->result->findings, finding);
	pthread_mutex_unlock(&lock);
}

static void failed(struct mover *mover, const struct op *op, int64_t result)
{
	struct run *run = mover->run;
	uint32_t slot = op->block * run->slots_per_block;

	mover->ops_failed++;
	ledger_fail(run->subject[0].ledger, slot, run->slots_per_block, op->generation);
	if (result < 0 && run_excuses_error(run, -result))
		return;
	if (result >= 0 && excused_short(run))
		return;
	if (result < 0 && is_unreadable(-result) && mover->way == WAY_IN) {
		struct finding finding = {.kind = FINDING_UNREADABLE,
					  .view = VIEW_DIRECT,
					  .has_view = true,
					  .count = 1,
					  .first_offset = op->memory_offset,
					  .bytes = op->bytes,
					  .expected_generation = op->generation,
					  .last_byte = op->bytes - 1};

		report(mover, &finding);
		return;
	}
	if (result < 0)
		run_broken(run, "%s, way %s, %u bytes at offset %llu: %s", mover->workload->name,
			   way_word(mover->way), op->bytes, (unsigned long long)op->far_offset,
			   strerror(-result));
	run_broken(run, "%s, way %s, at offset %llu: moved %lld of %u bytes", mover->workload->name,
		   way_word(mover->way), (unsigned long long)op->far_offset, (long long)result,
		   op->bytes);
}

void mover_judge(struct mover *mover, const struct op *op, enum view view, const uint8_t *bytes)
{
	struct run *run = mover->run;
	struct ledger *ledger = run->subject[0].ledger;
	struct stamp_id id = mover_stamp(mover, op->block, op->generation);

	for (uint32_t i = 0; i < run->slots_per_block; i++, id.slot++) {
		const uint8_t *slot = bytes + (size_t)i * run->slot_bytes;
		struct ledger_slot entry;
		struct finding finding;
		uint8_t *copy;

		if (stamp_check(slot, &id))
			continue;
		/* Copy before the ledger is read: a disturbance that begins in between only makes
		 * the ledger more lenient. */
		copy = malloc(run->slot_bytes);
		if (!copy)
			run_broken(run, "allocating %u bytes: %s", run->slot_bytes,
				   strerror(ENOMEM));
		memcpy(copy, slot, run->slot_bytes);
		entry = ledger_read(ledger, id.slot);
		if (!judge_slot(ledger, &entry, id.slot, copy, view, 0, &finding))
			report(mover, &finding);
		free(copy);
	}
	atomic_fetch_add_explicit(&run->judged_on_arrival, run->slots_per_block,
				  memory_order_relaxed);
}

void op_done(struct mover *mover, struct op *op, int64_t result)
{
	struct run *run = mover->run;
	uint32_t slot = op->block * run->slots_per_block;

	if (op->start_ns)
		mover_log(mover, op, clock_ns());
	if (run->block_claim)
		stress_engine_release(run, op->block);
	if (result == op->bytes) {
		ledger_complete(run->subject[0].ledger, slot, run->slots_per_block, op->generation);
		mover->bytes_done += op->bytes;
		if (mover->workload->far == FAR_MEMORY && mover->way == WAY_OUT && run->judge)
			mover_judge(mover, op, VIEW_PEER, op->far_memory);
		else if (mover->way == WAY_IN && run->judge_on_arrival)
			mover_judge(mover, op, VIEW_MAP, op->memory);
	} else {
		failed(mover, op, result);
	}
	mover->ops_done++;
	atomic_fetch_add_explicit(&run->result->heartbeat, 1, memory_order_relaxed);
	mover->in_flight--;
	op->next = mover->free_ops;
	mover->free_ops = op;
}
