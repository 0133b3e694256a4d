// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Torn stamps: two generations, two slots or a stamp and zeros in one slot come out as the parts
 * that they are, at any byte at which the parts still name themselves.
 */
#include "tests/unit/stamp_slot.h"

#include <string.h>

static _Alignas(64) uint8_t other[SLOT_MAXIMUM_BYTES];

/* The slot holds before up to byte, and after from there on (NULL: zeros). */
static struct stamp_diagnosis diagnose_torn(const struct stamp_id *before,
					    const struct stamp_id *after, uint32_t byte,
					    const struct stamp_id *expected)
{
	uint32_t bytes = expected->slot_bytes;

	memset(slot, 0, bytes);
	memset(other, 0, bytes);
	if (before)
		stamp_fill(slot, before);
	if (after)
		stamp_fill(other, after);
	memcpy(slot + byte, other + byte, bytes - byte);
	return diagnose(expected);
}

static void assert_torn(const struct stamp_id *before, const struct stamp_id *after, uint32_t byte,
			const struct stamp_id *expected)
{
	struct stamp_diagnosis diagnosis = diagnose_torn(before, after, byte, expected);
	const struct stamp_part *first = &diagnosis.parts[0], *second = &diagnosis.parts[1];
	/* Up to a whole word of either side may agree by chance, and does where both have the same
	 * high bytes; the parts still meet. */
	uint32_t slack = byte < STAMP_SLOT_MINIMUM_BYTES ? STAMP_SLOT_MINIMUM_BYTES : 8;

	assert_int_equal(diagnosis.state, STAMP_MIXED);
	assert_int_equal(diagnosis.part_count, 2);
	assert_int_equal(first->first_byte, 0);
	assert_int_equal(first->bytes, second->first_byte);
	assert_int_equal(second->first_byte + second->bytes, expected->slot_bytes);
	assert_true(first->bytes < byte + slack && first->bytes + slack > byte);
	assert_int_equal(first->zeros, !before);
	assert_int_equal(second->zeros, !after);
	if (before)
		assert_id(&first->id, before);
	if (after)
		assert_id(&second->id, after);
}

/* Whether the bytes around a tear name their stamps by themselves: the one before it by a whole key
 * in the header, the one after it by a key or a whole word of the body. */
static bool names_before(uint32_t byte)
{
	return byte >= 48;
}

static bool names_after(uint32_t byte, uint32_t bytes)
{
	return bytes == STAMP_SLOT_MINIMUM_BYTES ? byte <= 48 : byte <= bytes - 8;
}

static void two_generations_torn_anywhere(void **state)
{
	for_each_size(bytes)
	{
		struct stamp_id old = id_of(bytes, 6), new = id_of(bytes, 7);

		/* The words before the generation are the same in both, so the first tear that
		 * can be seen lies behind the first byte of the generation. */
		for (uint32_t byte = 25; byte < bytes;
		     byte += byte < 256 || byte + 256 > bytes ? 1 : 251) {
			if (names_after(byte, bytes)) {
				assert_torn(&new, &old, byte, &new);
				assert_torn(&old, &new, byte, &old);
			}
			if (names_before(byte)) {
				assert_torn(&old, &new, byte, &new);
				assert_torn(&new, &old, byte, &old);
			}
		}
	}
}

/* Neither is the expected one; 64 bytes are a cache line and the least that a device moves. */
static void unexpected_generations_torn_in_the_body(void **state)
{
	for_each_size(bytes)
	{
		struct stamp_id old = id_of(bytes, 5), new = id_of(bytes, 6);
		struct stamp_id expected = id_of(bytes, 9), third = id_of(bytes, 6);

		third.slot = 97;
		third.writer = 2;
		for (uint32_t byte = 57; byte + 16 <= bytes; byte += byte < 512 ? 1 : 509) {
			assert_torn(&old, &new, byte, &expected);
			assert_torn(&new, &old, byte, &expected);
			assert_torn(&old, &third, byte, &expected);
			if (byte >= 64)
				assert_torn(&third, &old, byte, &expected);
		}
	}
}

static void half_zeros(void **state)
{
	for_each_size(bytes)
	{
		struct stamp_id own = id_of(bytes, 7), old = id_of(bytes, 6);

		for (uint32_t byte = 8; byte + 8 <= bytes; byte += byte < 256 ? 1 : 499) {
			assert_torn(&own, NULL, byte, &own);
			assert_torn(NULL, &own, byte, &own);
			if (byte >= 48 && byte + 16 <= bytes) {
				assert_torn(&old, NULL, byte, &own);
				assert_torn(NULL, &old, byte, &own);
			}
		}
	}
}

/* A stamp of another seed names itself by its header, and its body then belongs to it. */
static void another_seed_torn_by_ours(void **state)
{
	struct stamp_id own = id_of(4096, 7), foreign = id_of(4096, 2);

	foreign.seed = 0xbad5eed;
	assert_torn(&foreign, &own, 512, &own);
	assert_torn(&foreign, &own, 1021, &own);
	assert_torn(&foreign, NULL, 2048, &own);
}

static void more_parts_than_are_kept(void **state)
{
	struct stamp_id own = id_of(4096, 7), old = id_of(4096, 6);
	struct stamp_diagnosis diagnosis;

	stamp_fill(slot, &own);
	stamp_fill(other, &old);
	for (uint32_t byte = 64; byte < 4096; byte += 128)
		memcpy(slot + byte + 3, other + byte + 3, 64);
	diagnosis = diagnose(&own);
	assert_int_equal(diagnosis.state, STAMP_MIXED);
	assert_int_equal(diagnosis.part_count, STAMP_PARTS);
	for (uint32_t i = 0; i < STAMP_PARTS; i++) {
		const struct stamp_part *part = &diagnosis.parts[i];

		assert_int_equal(part->id.generation, i % 2 ? 6 : 7);
		assert_int_equal(part->first_byte, i ? 67 + (i - 1) * 64 : 0);
		assert_int_equal(part->bytes, i ? 64 : 67);
	}
}

static void the_key_limits_hold(void **state)
{
	struct stamp_id id = {.seed = UINT64_MAX,
			      .slot = STAMP_SLOT_LIMIT - 1,
			      .generation = STAMP_GENERATION_LIMIT - 1,
			      .slot_bytes = 4096,
			      .writer = STAMP_WRITER_LIMIT - 1,
			      .file = STAMP_FILE_LIMIT - 1};
	struct stamp_id next = id;
	struct stamp_diagnosis diagnosis;

	next.generation--;
	stamp_fill(slot, &id);
	stamp_fill(other, &next);
	memcpy(slot + 2048, other + 2048, 2048);
	stamp_diagnose(slot, &id, STAMP_SLOT_LIMIT, &diagnosis);
	assert_int_equal(diagnosis.state, STAMP_MIXED);
	assert_id(&diagnosis.parts[1].id, &next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_generations_torn_anywhere),
		cmocka_unit_test(unexpected_generations_torn_in_the_body),
		cmocka_unit_test(half_zeros),
		cmocka_unit_test(another_seed_torn_by_ours),
		cmocka_unit_test(more_parts_than_are_kept),
		cmocka_unit_test(the_key_limits_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
