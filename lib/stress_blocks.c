// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Blocks in the hands of stressors: those that belong to a stressor (it is their one writer), and
 * those of a mover that a stressor claims while their op is in flight.
 */
#include <sched.h>

#include "lib/stamp.h"
#include "lib/stress_loop.h"

/* A block's claim. The engine moves FREE -> FILLING -> FLIGHT -> FREE; a stressor FLIGHT -> CLAIMED
 * and back. */
enum claim { CLAIM_FREE, CLAIM_FILLING, CLAIM_FLIGHT, CLAIM_CLAIMED };

enum { CLAIM_TRIES = 64 };

static void place(const struct run *run, struct stress_block *block, uint32_t number)
{
	block->block = number;
	block->first_slot = number * run->slots_per_block;
	block->slots = run->slots_per_block;
	block->offset = (uint64_t)number * run->block_bytes;
}

void stress_next_block(struct stress *stress, struct stress_block *block, uint8_t *bytes)
{
	struct run *run = stress->run;
	struct ledger *ledger = stress_subject(stress)->ledger;
	uint32_t every = run->owned_every;
	struct stamp_id id = {.seed = ledger->seed,
			      .slot_bytes = ledger->slot_bytes,
			      .writer = STRESS_WRITER,
			      .file = ledger->file};

	place(run, block, stress_random(stress, run->blocks / every) * every + every - 1);
	block->generation = ledger_issue(ledger, block->first_slot, block->slots);
	id.slot = block->first_slot;
	id.generation = block->generation;
	stamp_fill_run(bytes, &id, block->slots);
}

void stress_complete_block(struct stress *stress, const struct stress_block *block, bool success)
{
	struct ledger *ledger = stress_subject(stress)->ledger;

	if (success)
		ledger_complete(ledger, block->first_slot, block->slots, block->generation);
	else
		ledger_fail(ledger, block->first_slot, block->slots, block->generation);
}

void stress_engine_claim(struct run *run, uint32_t block)
{
	unsigned expected = CLAIM_FREE;

	while (!atomic_compare_exchange_weak(&run->block_claim[block], &expected, CLAIM_FILLING)) {
		expected = CLAIM_FREE;
		sched_yield();
	}
}

void stress_engine_in_flight(struct run *run, uint32_t block)
{
	atomic_store(&run->block_claim[block], CLAIM_FLIGHT);
}

void stress_engine_release(struct run *run, uint32_t block)
{
	unsigned expected = CLAIM_FLIGHT;

	while (!atomic_compare_exchange_weak(&run->block_claim[block], &expected, CLAIM_FREE)) {
		expected = CLAIM_FLIGHT;
		sched_yield();
	}
}

bool stress_claim_block(struct stress *stress, struct stress_block *block)
{
	struct run *run = stress->run;
	struct ledger *ledger = run->subject[0].ledger;

	for (int i = 0; i < CLAIM_TRIES; i++) {
		uint32_t number = stress_random(stress, run->blocks);
		unsigned expected = CLAIM_FLIGHT;

		if (!atomic_compare_exchange_strong(&run->block_claim[number], &expected,
						    CLAIM_CLAIMED))
			continue;
		place(run, block, number);
		ledger_disturb_begin(ledger, block->first_slot, block->slots, EXCUSE_TORN);
		block->generation = ledger_issue(ledger, block->first_slot, block->slots);
		if (run->subjects == 2 && run->spec->backing->shared)
			ledger_issue_as(run->subject[1].ledger, block->first_slot, block->slots,
					block->generation);
		return true;
	}
	return false;
}

void stress_release_block(struct stress *stress, const struct stress_block *block)
{
	struct run *run = stress->run;

	ledger_disturb_end(run->subject[0].ledger, block->first_slot, block->slots);
	/* The memory itself, where it is a subject of its own, now holds the new generation. */
	if (run->subjects == 2 && run->spec->backing->shared)
		ledger_complete(run->subject[1].ledger, block->first_slot, block->slots,
				block->generation);
	atomic_store(&run->block_claim[block->block], CLAIM_FLIGHT);
}
