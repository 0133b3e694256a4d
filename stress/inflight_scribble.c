// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes the source of an I/O while it is in flight, as the owner of a mapping may at any time.
 * What arrives may be the old content, the new one or a mix of both: nobody promised more. But it
 * must stay readable. A file system that takes a checksum of the user's buffer and then lets the
 * device read the buffer again stores a checksum that does not fit, and the block is gone for good
 * (btrfs before 968f19c5b1b7 "btrfs: always fallback to buffered write if the inode requires
 * checksum").
 */
#include "lib/guard.h"
#include "lib/run.h"
#include "lib/stamp.h"
#include "lib/tables.h"

/* Few of the blocks are in flight at a time: one look at random ones often finds none. */
enum { LOOKS = 16 };

struct inflight_scribble {
	unsigned long long blocks, gone;
};

struct scribble {
	uint8_t *memory;
	struct stamp_id id;
	uint32_t slots;
};

static void store(void *context)
{
	const struct scribble *scribble = context;

	stamp_fill_run(scribble->memory, &scribble->id, scribble->slots);
}

static bool claim(struct stress *stress, struct stress_block *block)
{
	for (int i = 0; i < LOOKS; i++) {
		if (stress_claim_block(stress, block))
			return true;
	}
	return false;
}

static int disturb(struct stress *stress)
{
	struct inflight_scribble *state = stress->state;
	struct run *run = stress->run;
	struct ledger *ledger = run->subject[0].ledger;
	struct stress_block block;
	struct scribble scribble;

	if (!claim(stress, &block))
		return 0;
	scribble = (struct scribble){
		.memory = run->memory + (uint64_t)block.block * run->block_bytes,
		.id = {.seed = ledger->seed,
		       .slot = block.first_slot,
		       .generation = block.generation,
		       .slot_bytes = ledger->slot_bytes,
		       .writer = ledger_read(ledger, block.first_slot).writer,
		       .file = ledger->file},
		.slots = block.slots,
	};
	/* Another stressor may have truncated the file below. */
	if (guarded_call(store, &scribble))
		state->gone++;
	stress_release_block(stress, &block);
	state->blocks++;
	return 1;
}

static void stop(struct stress *stress)
{
	struct inflight_scribble *state = stress->state;

	stress_note(stress, "stored to %llu blocks while their op was in flight (%llu were gone)",
		    state->blocks, state->gone);
}

STRESSOR(inflight_scribble) = {
	.name = "inflight_scribble",
	.summary = "store new stamps to memory that an op in flight is moving out",
	.place = INSIDE,
	.needs = NEED_WAY_OUT,
	.excuses = EXCUSE_TORN,
	.touches_memory = true,
	/* Without a pause one slow op would use up a block's generations within minutes. */
	.pause_ns = 10000,
	.state_bytes = sizeof(struct inflight_scribble),
	.disturb = disturb,
	.stop = stop,
};
