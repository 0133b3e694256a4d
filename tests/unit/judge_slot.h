/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One slot of a small ledger, and what the judge says of whatever is put there.
 */
#ifndef TESTS_UNIT_JUDGE_SLOT_H
#define TESTS_UNIT_JUDGE_SLOT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/judge.h"
#include "lib/stamp.h"

enum { SLOTS = 16, SLOT_BYTES = 512, BYTES = SLOTS * SLOT_BYTES, WRITER = 3, SLOT = 5 };

static struct ledger *ledger;
static _Alignas(8) uint8_t bytes[BYTES];

static struct stamp_id id_of(uint32_t slot, uint32_t generation)
{
	return (struct stamp_id){.seed = 0x5eed,
				 .slot = slot,
				 .generation = generation,
				 .slot_bytes = SLOT_BYTES,
				 .writer = WRITER,
				 .file = 1};
}

static uint8_t *at(uint32_t slot)
{
	return bytes + (size_t)slot * SLOT_BYTES;
}

static void put(uint32_t slot, uint32_t generation)
{
	struct stamp_id id = id_of(slot, generation);

	stamp_fill(at(slot), &id);
}

static int make(void **state)
{
	ledger = ledger_new(SLOTS, SLOT_BYTES, 0x5eed, 1);
	if (!ledger)
		return -1;
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		ledger->slot[slot].writer = WRITER;
		put(slot, 1);
	}
	return 0;
}

static int unmake(void **state)
{
	ledger_free(ledger);
	return 0;
}

/* The judgement of SLOT as it stands: FINDING_COUNT if it is legal. */
static struct finding judged(void)
{
	struct ledger_slot entry = ledger_read(ledger, SLOT);
	struct finding finding = {.kind = FINDING_HANG};

	if (judge_slot(ledger, &entry, SLOT, at(SLOT), VIEW_DIRECT, 1, &finding)) {
		assert_int_equal(finding.kind, FINDING_HANG); /* and left alone */
		finding.kind = FINDING_COUNT;
	}
	return finding;
}

static void assert_judged(enum finding_kind kind)
{
	enum finding_kind found = judged().kind;

	if (found != kind)
		fail_msg("%s, not %s", found < FINDING_COUNT ? finding_word(found) : "legal",
			 kind < FINDING_COUNT ? finding_word(kind) : "legal");
}

static void assert_legal(uint32_t generation)
{
	put(SLOT, generation);
	assert_judged(FINDING_COUNT);
}

static void assert_generation(uint32_t generation, enum finding_kind kind)
{
	put(SLOT, generation);
	assert_judged(kind);
}

static void zero(void)
{
	memset(at(SLOT), 0, SLOT_BYTES);
}

/* The first half of one generation, the second of another; 0 is zeros. */
static void tear(uint32_t first, uint32_t second)
{
	uint8_t half[SLOT_BYTES / 2] = {0};

	put(SLOT, first ? first : second);
	if (first)
		memcpy(half, at(SLOT), sizeof(half));
	if (second)
		put(SLOT, second);
	else
		zero();
	memcpy(at(SLOT), half, sizeof(half));
}

static uint32_t issue(void)
{
	return ledger_issue(ledger, SLOT, 1);
}

static void complete(uint32_t generation)
{
	ledger_complete(ledger, SLOT, 1, generation);
}

#define JUDGED(test) cmocka_unit_test_setup_teardown(test, make, unmake)

#endif
