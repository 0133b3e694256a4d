// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A block is in one hand at a time: the engine's while it fills it, a stressor's only while its op
 * is in flight; and what a stressor does to a block stands in the ledger before it does it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "lib/stamp.h"
#include "lib/stress_loop.h"
#include "lib/subject.h"

enum {
	BLOCKS = 16,
	BLOCK_SLOTS = 4,
	SLOT_BYTES = 512,
	BLOCK_BYTES = BLOCK_SLOTS * SLOT_BYTES,
	EVERY = 4,
	ROUNDS = 300,
	PATIENCE = 1000 /* tries of 64 blocks each, to find the one of 16 that is in flight */
};

static const struct backing shared = {.name = "shared", .file = true, .shared = true};
static const struct case_spec spec = {.backing = &shared};
static atomic_uint claims[BLOCKS];
static struct run run;
static struct stress stress;

static int make(void **state)
{
	memset(claims, 0, sizeof(claims));
	run = (struct run){.spec = &spec,
			   .block_claim = claims,
			   .blocks = BLOCKS,
			   .block_bytes = BLOCK_BYTES,
			   .slots_per_block = BLOCK_SLOTS,
			   .slot_bytes = SLOT_BYTES,
			   .subjects = 2,
			   .owned_every = EVERY};
	for (unsigned i = 0; i < SUBJECTS; i++) {
		run.subject[i].ledger = ledger_new(BLOCKS * BLOCK_SLOTS, SLOT_BYTES, 0x5eed, 1);
		if (!run.subject[i].ledger)
			return -1;
	}
	stress = (struct stress){.run = &run, .random = random_seeded(1, 1)};
	return 0;
}

static int unmake(void **state)
{
	for (unsigned i = 0; i < SUBJECTS; i++)
		ledger_free(run.subject[i].ledger);
	return 0;
}

static struct ledger_slot slot_of(unsigned subject, uint32_t slot)
{
	return ledger_read(run.subject[subject].ledger, slot);
}

static bool claim(struct stress_block *block)
{
	for (unsigned i = 0; i < PATIENCE; i++) {
		if (stress_claim_block(&stress, block))
			return true;
	}
	return false;
}

static void only_a_block_in_flight_can_be_claimed(void **state)
{
	struct stress_block block;

	assert_false(claim(&block));
	stress_engine_claim(&run, 5);
	assert_false(claim(&block));
	stress_engine_in_flight(&run, 5);
	assert_true(claim(&block));
	assert_int_equal(block.block, 5);
	assert_int_equal(block.first_slot, 5 * BLOCK_SLOTS);
	assert_int_equal(block.slots, BLOCK_SLOTS);
	assert_int_equal(block.offset, 5 * BLOCK_BYTES);
	/* Nor by two at once. */
	assert_false(claim(&block));
	stress_release_block(&stress, &block);
	assert_true(claim(&block));
	stress_release_block(&stress, &block);
	stress_engine_release(&run, 5);
	assert_false(claim(&block));
	stress_engine_claim(&run, 5); /* is free again */
}

static void a_claim_stands_in_both_ledgers(void **state)
{
	struct stress_block block;
	struct ledger_slot entry;
	uint32_t slot = 2 * BLOCK_SLOTS;

	assert_int_equal(ledger_issue(run.subject[0].ledger, slot, BLOCK_SLOTS), 2);
	stress_engine_claim(&run, 2);
	stress_engine_in_flight(&run, 2);
	assert_true(claim(&block));
	assert_int_equal(block.generation, 3);
	for (uint32_t i = 0; i < BLOCK_SLOTS; i++) {
		entry = slot_of(0, slot + i);
		assert_int_equal(entry.issued, 3);
		assert_int_equal(entry.completed, 1);
		assert_int_equal(entry.open, 1);
		assert_int_equal(entry.excuses, EXCUSE_TORN);
		entry = slot_of(1, slot + i);
		assert_int_equal(entry.issued, 3);
		assert_int_equal(entry.open, 0);
	}
	assert_int_equal(slot_of(0, slot + BLOCK_SLOTS).issued, 1);
	assert_int_equal(slot_of(0, slot - 1).issued, 1);
	stress_release_block(&stress, &block);
	for (uint32_t i = 0; i < BLOCK_SLOTS; i++) {
		/* Which generation the op moved is not known before it ends. */
		entry = slot_of(0, slot + i);
		assert_int_equal(entry.open, 0);
		assert_int_equal(entry.completed, 1);
		/* The memory that it came from holds the new one. */
		entry = slot_of(1, slot + i);
		assert_int_equal(entry.completed, 3);
		assert_int_equal(entry.floor, 3);
	}
}

/* Private memory has no ledger of its own: its file must not change. */
static void a_claim_leaves_an_untouched_file_alone(void **state)
{
	static const struct backing private = {.name = "private", .file = true};
	static const struct case_spec of_private = {.backing = &private};
	struct stress_block block;

	run.spec = &of_private;
	stress_engine_claim(&run, 2);
	stress_engine_in_flight(&run, 2);
	assert_true(claim(&block));
	stress_release_block(&stress, &block);
	assert_int_equal(slot_of(1, block.first_slot).issued, 1);
	assert_int_equal(slot_of(1, block.first_slot).completed, 1);
}

struct rivalry {
	atomic_uint round, stop, claims, clashes;
	atomic_uint in_hand[BLOCKS];
};

static void take_in_hand(struct rivalry *rivalry, uint32_t block)
{
	if (atomic_exchange(&rivalry->in_hand[block], 1))
		atomic_fetch_add(&rivalry->clashes, 1);
}

/* Claims the block in flight once a round, as a stressor pauses between two bites. */
static void *claim_and_release(void *argument)
{
	struct rivalry *rivalry = argument;
	struct stress mine = {.run = &run, .random = random_seeded(2, 2)};

	while (!atomic_load(&rivalry->stop)) {
		unsigned round = atomic_load(&rivalry->round);
		struct stress_block block;

		if (!stress_claim_block(&mine, &block))
			continue;
		take_in_hand(rivalry, block.block);
		atomic_fetch_add(&rivalry->claims, 1);
		sched_yield();
		atomic_store(&rivalry->in_hand[block.block], 0);
		stress_release_block(&mine, &block);
		while (atomic_load(&rivalry->round) == round && !atomic_load(&rivalry->stop))
			sched_yield();
	}
	return NULL;
}

static void the_engine_waits_for_a_claimed_block(void **state)
{
	static struct rivalry rivalry;
	pthread_t thread[2];

	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, claim_and_release, &rivalry), 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned claimed = atomic_load(&rivalry.claims);
		uint32_t block = round % BLOCKS;

		stress_engine_claim(&run, block);
		/* Filling: no stressor may hold it. */
		take_in_hand(&rivalry, block);
		atomic_store(&rivalry.in_hand[block], 0);
		stress_engine_in_flight(&run, block);
		while (atomic_load(&rivalry.claims) == claimed)
			sched_yield();
		stress_engine_release(&run, block);
		/* Done: neither may it now. */
		take_in_hand(&rivalry, block);
		atomic_store(&rivalry.in_hand[block], 0);
		atomic_fetch_add(&rivalry.round, 1);
	}
	atomic_store(&rivalry.stop, 1);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	assert_true(atomic_load(&rivalry.claims) >= ROUNDS);
	assert_int_equal(atomic_load(&rivalry.clashes), 0);
	for (uint32_t slot = 0; slot < BLOCKS * BLOCK_SLOTS; slot++)
		assert_int_equal(slot_of(0, slot).open, 0);
}

static void its_own_blocks_are_stamped_and_completed(void **state)
{
	static _Alignas(8) uint8_t bytes[BLOCK_BYTES];
	unsigned taken[BLOCKS] = {0};

	run.movers = 3;
	run.subject[1].has_file = true; /* where the stressor writes */
	for (unsigned i = 0; i < 200; i++) {
		struct stress_block block;
		struct stamp_id id;

		stress_next_block(&stress, &block, bytes);
		assert_int_equal(subject_owner(&run, block.block), -1);
		assert_int_equal(block.first_slot, block.block * BLOCK_SLOTS);
		assert_int_equal(block.offset, (uint64_t)block.block * BLOCK_BYTES);
		assert_int_equal(slot_of(1, block.first_slot).issued, block.generation);
		assert_int_equal(block.generation, taken[block.block] + 2);
		id = (struct stamp_id){.seed = 0x5eed,
				       .slot = block.first_slot,
				       .generation = block.generation,
				       .slot_bytes = SLOT_BYTES,
				       .writer = STRESS_WRITER,
				       .file = 1};
		assert_int_equal(stamp_check_run(bytes, &id, BLOCK_SLOTS), BLOCK_SLOTS);
		stress_complete_block(&stress, &block, true);
		assert_int_equal(slot_of(1, block.first_slot + BLOCK_SLOTS - 1).floor,
				 block.generation);
		taken[block.block]++;
	}
	for (uint32_t block = EVERY - 1; block < BLOCKS; block += EVERY)
		assert_true(taken[block] > 0);
	assert_int_equal(slot_of(0, EVERY - 1).issued, 1); /* the other ledger */
}

static void its_failed_write_may_have_done_any_part(void **state)
{
	static _Alignas(8) uint8_t bytes[BLOCK_BYTES];
	struct stress_block block;
	struct ledger_slot entry;

	run.movers = 1;
	run.subject[0].has_file = true;
	stress_next_block(&stress, &block, bytes);
	stress_complete_block(&stress, &block, false);
	entry = slot_of(0, block.first_slot);
	assert_int_equal(entry.floor, 1);
	assert_int_equal(entry.completed, 1);
	assert_int_equal(entry.issued, 2);
	assert_int_equal(entry.excuses, EXCUSE_OLDER | EXCUSE_TORN);
}

#define BLOCKED(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BLOCKED(only_a_block_in_flight_can_be_claimed),
		BLOCKED(a_claim_stands_in_both_ledgers),
		BLOCKED(a_claim_leaves_an_untouched_file_alone),
		BLOCKED(the_engine_waits_for_a_claimed_block),
		BLOCKED(its_own_blocks_are_stamped_and_completed),
		BLOCKED(its_failed_write_may_have_done_any_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
