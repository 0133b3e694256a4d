// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole stamps, whoever wrote them, and bytes that nobody wrote: each comes out as what it is,
 * whatever the size of the slot and wherever inside it the damage lies.
 */
#include "tests/unit/stamp_slot.h"

#include <string.h>

static void whole_stamps_name_themselves(void **state)
{
	for_each_size(bytes)
	{
		struct stamp_id id = id_of(bytes, 7), newer = id_of(bytes, 9), header;
		struct stamp_diagnosis diagnosis;

		stamp_fill(slot, &id);
		assert_true(stamp_check(slot, &id));
		assert_false(stamp_check(slot, &newer));
		assert_true(stamp_read_header(slot, &header));
		assert_id(&header, &id);
		diagnosis = diagnose(&newer);
		assert_int_equal(diagnosis.state, STAMP_WHOLE);
		assert_id(&diagnosis.found, &id);
	}
}

static void whole_stamps_of_others_name_themselves(void **state)
{
	for_each_size(bytes)
	{
		struct stamp_id own = id_of(bytes, 7), ids[] = {own, own, own, own, own};

		ids[0].slot = 97;
		ids[1].seed = 0xbad5eed;
		ids[2].writer = 200;
		ids[3].file = 0;
		ids[4] = (struct stamp_id){.slot_bytes = bytes, .generation = 1}; /* mostly zeros */
		for (unsigned i = 0; i < 5; i++) {
			struct stamp_diagnosis diagnosis;

			stamp_fill(slot, &ids[i]);
			diagnosis = diagnose(&own);
			assert_int_equal(diagnosis.state, STAMP_WHOLE);
			assert_id(&diagnosis.found, &ids[i]);
		}
	}
}

/* What an earlier run left on the disk, when its slots were smaller. */
static void smaller_slots_of_another_seed_are_foreign(void **state)
{
	struct stamp_id own = id_of(4096, 7), old = id_of(512, 3);
	struct stamp_diagnosis diagnosis;

	old.seed = 0xbad5eed;
	stamp_fill_run(slot, &old, 8);
	assert_int_equal(stamp_check_run(slot, &old, 8), 8);
	diagnosis = diagnose(&own);
	assert_int_equal(diagnosis.state, STAMP_WHOLE);
	assert_id(&diagnosis.found, &old);
}

static void zeros_are_zeros(void **state)
{
	for_each_size(bytes)
	{
		struct stamp_id own = id_of(bytes, 7), first = {.slot_bytes = bytes};

		memset(slot, 0, bytes);
		assert_int_equal(diagnose(&own).state, STAMP_ZEROS);
		assert_false(stamp_check(slot, &own));
		assert_int_equal(diagnose(&first).state, STAMP_ZEROS);
	}
}

static void assert_flip_is_found(const struct stamp_id *own, uint32_t byte, uint8_t mask)
{
	struct stamp_diagnosis diagnosis;

	slot[byte] ^= mask;
	assert_false(stamp_check(slot, own));
	diagnosis = diagnose(own);
	/* Zeroing the outermost byte is a tear against zeros just as well. */
	if (slot[byte] != 0) {
		assert_int_equal(diagnosis.state, STAMP_SCRAMBLED);
		assert_int_equal(diagnosis.first_bad_byte, byte);
		assert_int_equal(diagnosis.last_bad_byte, byte);
		assert_id(&diagnosis.found, own);
	} else {
		assert_true(diagnosis.state == STAMP_SCRAMBLED || diagnosis.state == STAMP_MIXED);
	}
	slot[byte] ^= mask;
}

static void every_flipped_byte_is_found(void **state)
{
	for_each_size(bytes)
	{
		struct stamp_id own = id_of(bytes, 7);
		/* A long body repeats itself: its ends, and a stride that meets each byte of a
		 * word, stand for the rest. */
		uint32_t stride = bytes <= 4096 ? 1 : 61;

		stamp_fill(slot, &own);
		for (uint32_t byte = 0; byte < bytes;
		     byte += byte < 256 || byte + 256 > bytes ? 1 : stride) {
			assert_flip_is_found(&own, byte, 1);
			assert_flip_is_found(&own, byte, 0x80);
			assert_flip_is_found(&own, byte, 0xff);
		}
		assert_true(stamp_check(slot, &own));
	}
}

/* A lone word decodes to some slot of so many with a likelihood of SLOTS in 2^24: here 1 in 16. It
 * must not pass for bytes of that slot. */
static void a_random_word_is_scrambled(void **state)
{
	struct stamp_id own = id_of(4096, 7);
	uint64_t random = 0x9e3779b97f4a7c15ull;

	for (unsigned i = 0; i < 4096; i++) {
		uint32_t word = 8 + i % (512 - 8);

		random = random * 6364136223846793005ull + 1442695040888963407ull;
		stamp_fill(slot, &own);
		memcpy(slot + word * 8, &random, 8);
		assert_int_equal(diagnose(&own).state, STAMP_SCRAMBLED);
	}
}

static void random_bytes_are_scrambled(void **state)
{
	for_each_size(bytes)
	{
		struct stamp_id own = id_of(bytes, 7);
		uint32_t random = 1;

		for (uint32_t i = 0; i < bytes; i++) {
			random = random * 1664525 + 1013904223;
			slot[i] = random >> 24;
		}
		assert_int_equal(diagnose(&own).state, STAMP_SCRAMBLED);
		memset(slot, 0xff, bytes);
		assert_int_equal(diagnose(&own).state, STAMP_SCRAMBLED);
	}
}

static void runs_count_what_holds(void **state)
{
	struct stamp_id id = id_of(4096, 4);

	stamp_fill_run(slot, &id, 16);
	assert_int_equal(stamp_check_run(slot, &id, 16), 16);
	slot[5 * 4096 + 77] ^= 4;
	slot[9 * 4096] ^= 4;
	assert_int_equal(stamp_check_run(slot, &id, 16), 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_stamps_name_themselves),
		cmocka_unit_test(whole_stamps_of_others_name_themselves),
		cmocka_unit_test(smaller_slots_of_another_seed_are_foreign),
		cmocka_unit_test(zeros_are_zeros),
		cmocka_unit_test(every_flipped_byte_is_found),
		cmocka_unit_test(a_random_word_is_scrambled),
		cmocka_unit_test(random_bytes_are_scrambled),
		cmocka_unit_test(runs_count_what_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
