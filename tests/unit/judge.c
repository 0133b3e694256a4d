// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every kind of damage gets its name.
 */
#include "tests/unit/judge_slot.h"

static void at_rest_one_generation_is_legal(void **state)
{
	assert_legal(1);
	complete(issue());
	complete(issue());
	assert_legal(3);
	assert_generation(2, FINDING_STALE);
	assert_generation(1, FINDING_STALE);
	assert_generation(4, FINDING_FOREIGN);
	assert_generation(STAMP_GENERATION_LIMIT - 1, FINDING_FOREIGN);
}

static void in_flight_both_ends_of_the_range_are_legal(void **state)
{
	complete(issue());
	assert_int_equal(issue(), 3);
	assert_generation(1, FINDING_STALE);
	assert_legal(2);
	assert_legal(3);
	assert_generation(4, FINDING_FOREIGN);
	tear(2, 3);
	assert_judged(FINDING_TORN);
}

static void a_finding_says_where_and_what(void **state)
{
	struct finding finding;

	complete(issue());
	complete(issue());
	put(SLOT, 2);
	finding = judged();
	assert_int_equal(finding.kind, FINDING_STALE);
	assert_int_equal(finding.view, VIEW_DIRECT);
	assert_true(finding.has_view);
	assert_int_equal(finding.subject, 1);
	assert_int_equal(finding.count, 1);
	assert_int_equal(finding.first_offset, SLOT * SLOT_BYTES);
	assert_int_equal(finding.bytes, SLOT_BYTES);
	assert_int_equal(finding.expected_generation, 3);
	assert_int_equal(finding.found_generation, 2);
	assert_int_equal(finding.first_byte, 0);
	assert_int_equal(finding.last_byte, SLOT_BYTES - 1);
	assert_int_equal(finding.found_writer, WRITER);
	tear(3, 2);
	finding = judged();
	assert_int_equal(finding.kind, FINDING_TORN);
	assert_int_equal(finding.expected_generation, 3);
	assert_int_equal(finding.found_generation, 2);
	assert_int_equal(finding.first_byte, SLOT_BYTES / 2);
	assert_int_equal(finding.last_byte, SLOT_BYTES - 1);
	tear(0, 3);
	finding = judged();
	assert_int_equal(finding.kind, FINDING_TORN);
	assert_int_equal(finding.found_generation, 0);
	assert_int_equal(finding.first_byte, 0);
	assert_int_equal(finding.last_byte, SLOT_BYTES / 2 - 1);
	put(SLOT, 3);
	at(SLOT)[100] ^= 4;
	finding = judged();
	assert_int_equal(finding.kind, FINDING_SCRAMBLED);
	assert_int_equal(finding.first_byte, 100);
	assert_int_equal(finding.last_byte, 100);
	zero();
	finding = judged();
	assert_int_equal(finding.kind, FINDING_LOST);
	assert_int_equal(finding.found_generation, 0);
	assert_int_equal(finding.expected_generation, 3);
}

static void fill(struct stamp_id id)
{
	stamp_fill(at(SLOT), &id);
}

/* What no excuse ever covers; with every excuse on the slot as without any. */
static void assert_never_legal(void)
{
	struct stamp_id id = id_of(SLOT + 1, 1);

	fill(id);
	assert_judged(FINDING_MISPLACED);
	assert_int_equal(judged().found_offset, (SLOT + 1) * SLOT_BYTES);
	id.writer = WRITER + 1; /* whoever wrote that slot */
	fill(id);
	assert_judged(FINDING_MISPLACED);
	id = id_of(SLOT, 1);
	id.writer = WRITER + 1;
	fill(id);
	assert_judged(FINDING_FOREIGN);
	assert_int_equal(judged().found_writer, WRITER + 1);
	id = id_of(SLOT, 1);
	id.file = 2;
	fill(id);
	assert_judged(FINDING_FOREIGN);
	id = id_of(SLOT, 1);
	id.seed = 0xbad;
	fill(id);
	assert_judged(FINDING_FOREIGN);
	assert_generation(ledger_read(ledger, SLOT).issued + 1, FINDING_FOREIGN);
	for (uint32_t byte = 0; byte < SLOT_BYTES; byte += 37) {
		put(SLOT, ledger_read(ledger, SLOT).completed);
		at(SLOT)[byte] ^= 0x10;
		assert_judged(FINDING_SCRAMBLED);
	}
}

/* One half of SLOT is right, the other is of another slot, or of a generation that nobody issued.
 */
static void assert_mixes_never_legal(void)
{
	uint32_t completed = ledger_read(ledger, SLOT).completed;
	struct stamp_id id = id_of(SLOT - 1, 1);
	uint8_t half[SLOT_BYTES / 2];

	fill(id);
	memcpy(half, at(SLOT), sizeof(half));
	put(SLOT, completed);
	memcpy(at(SLOT), half, sizeof(half));
	assert_judged(FINDING_MISPLACED);
	tear(completed, ledger_read(ledger, SLOT).issued + 1);
	assert_judged(FINDING_FOREIGN);
}

static void what_is_never_legal_without_an_excuse(void **state)
{
	assert_never_legal();
	assert_mixes_never_legal();
}

static void what_is_never_legal_with_every_excuse(void **state)
{
	ledger_disturb_begin(ledger, SLOT, 1,
			     EXCUSE_ZEROS | EXCUSE_OLDER | EXCUSE_TORN | EXCUSE_UNREADABLE);
	complete(issue());
	assert_never_legal();
	assert_mixes_never_legal();
	ledger_disturb_end(ledger, SLOT, 1);
	assert_never_legal();
	assert_mixes_never_legal();
}

static const enum view_slot all_read[SLOTS];

static void a_view_is_counted_and_classified(void **state)
{
	enum view_slot slots[SLOTS] = {[2] = VIEW_SLOT_UNKNOWN, [9] = VIEW_SLOT_UNREADABLE};
	struct findings findings = {0};
	uint8_t seen[SLOTS] = {0};

	put(2, 7); /* not looked at */
	put(3, 9);
	put(4, 9);
	memset(at(12), 0, SLOT_BYTES);
	assert_int_equal(judge_view(ledger, bytes, slots, VIEW_DEVICE, 0, seen, &findings),
			 SLOTS - 1);
	assert_int_equal(findings.count, 3);
	assert_int_equal(findings.row[0].kind, FINDING_FOREIGN);
	assert_int_equal(findings.row[0].count, 2);
	assert_int_equal(findings.row[0].first_offset, 3 * SLOT_BYTES);
	assert_int_equal(findings.row[1].kind, FINDING_UNREADABLE);
	assert_int_equal(findings.row[1].first_offset, 9 * SLOT_BYTES);
	assert_int_equal(findings.row[1].bytes, SLOT_BYTES);
	assert_int_equal(findings.row[2].kind, FINDING_LOST);
	/* The next view finds the same: only the first one that differs is named. */
	assert_int_equal(judge_view(ledger, bytes, slots, VIEW_DIRECT, 0, seen, &findings),
			 SLOTS - 1);
	assert_int_equal(findings.count, 3);
	assert_int_equal(findings.row[0].count, 2);
	/* ... and another slot that only this one finds. */
	assert_int_equal(judge_view(ledger, bytes, all_read, VIEW_DIRECT, 0, seen, &findings),
			 SLOTS);
	assert_int_equal(findings.count, 4);
	assert_int_equal(findings.row[3].kind, FINDING_FOREIGN);
	assert_int_equal(findings.row[3].view, VIEW_DIRECT);
	assert_int_equal(findings.row[3].first_offset, 2 * SLOT_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		JUDGED(at_rest_one_generation_is_legal),
		JUDGED(in_flight_both_ends_of_the_range_are_legal),
		JUDGED(a_finding_says_where_and_what),
		JUDGED(what_is_never_legal_without_an_excuse),
		JUDGED(what_is_never_legal_with_every_excuse),
		JUDGED(a_view_is_counted_and_classified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
