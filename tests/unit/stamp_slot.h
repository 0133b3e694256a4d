/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One slot of every size, and what it is said to hold.
 */
#ifndef TESTS_UNIT_STAMP_SLOT_H
#define TESTS_UNIT_STAMP_SLOT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/stamp.h"

enum { SLOT_MAXIMUM_BYTES = 65536, SLOTS = 1 << 20 };

#define for_each_size(bytes)                                                                       \
	for (uint32_t bytes = STAMP_SLOT_MINIMUM_BYTES; bytes <= SLOT_MAXIMUM_BYTES; bytes *= 2)

static _Alignas(64) uint8_t slot[SLOT_MAXIMUM_BYTES];

static struct stamp_id id_of(uint32_t bytes, uint32_t generation)
{
	return (struct stamp_id){.seed = 0x5eed,
				 .slot = 1182,
				 .generation = generation,
				 .slot_bytes = bytes,
				 .writer = 3,
				 .file = 1};
}

static struct stamp_diagnosis diagnose(const struct stamp_id *expected)
{
	struct stamp_diagnosis diagnosis;

	stamp_diagnose(slot, expected, SLOTS, &diagnosis);
	return diagnosis;
}

static void assert_id(const struct stamp_id *found, const struct stamp_id *wanted)
{
	assert_true(found->seed == wanted->seed);
	assert_int_equal(found->slot, wanted->slot);
	assert_int_equal(found->generation, wanted->generation);
	assert_int_equal(found->slot_bytes, wanted->slot_bytes);
	assert_int_equal(found->writer, wanted->writer);
	assert_int_equal(found->file, wanted->file);
}

#endif
