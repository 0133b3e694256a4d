// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every excuse covers what it names, for as long as it lasts, and nothing else.
 */
#include "tests/unit/judge_slot.h"

static void zeros_are_legal_from_a_punch_to_the_next_completion(void **state)
{
	uint32_t inside, later;

	zero();
	assert_judged(FINDING_LOST);
	inside = issue();
	ledger_disturb_begin(ledger, SLOT, 1, EXCUSE_ZEROS);
	assert_judged(FINDING_COUNT);
	complete(inside);
	assert_judged(FINDING_COUNT);
	ledger_disturb_end(ledger, SLOT, 1);
	/* The op overlapped the punch: which came last is not known. */
	assert_judged(FINDING_COUNT);
	assert_legal(inside);
	zero();
	later = issue();
	assert_judged(FINDING_COUNT);
	complete(later);
	assert_judged(FINDING_LOST);
	assert_generation(inside, FINDING_STALE);
	assert_legal(later);
}

static void what_was_punched_may_not_come_back(void **state)
{
	complete(issue());
	ledger_disturb_begin(ledger, SLOT, 1, EXCUSE_ZEROS);
	ledger_disturb_end(ledger, SLOT, 1);
	assert_generation(2, FINDING_RESURRECTED);
	assert_generation(1, FINDING_RESURRECTED);
	zero();
	assert_judged(FINDING_COUNT);
	complete(issue());
	assert_legal(3);
	assert_generation(2, FINDING_RESURRECTED);
	zero();
	assert_judged(FINDING_LOST);
}

static void an_older_generation_needs_its_excuse(void **state)
{
	complete(issue());
	ledger_disturb_begin(ledger, SLOT, 1, EXCUSE_OLDER);
	complete(issue());
	ledger_disturb_end(ledger, SLOT, 1);
	assert_legal(3);
	assert_legal(2);
	assert_generation(1, FINDING_STALE);
	zero();
	assert_judged(FINDING_LOST);
	tear(2, 3);
	assert_judged(FINDING_TORN);
	complete(issue());
	assert_generation(3, FINDING_STALE);
}

static void torn_is_excused_of_legal_generations_only(void **state)
{
	complete(issue());
	ledger_disturb_begin(ledger, SLOT, 1, EXCUSE_OLDER | EXCUSE_TORN);
	complete(issue());
	ledger_disturb_end(ledger, SLOT, 1);
	tear(2, 3);
	assert_judged(FINDING_COUNT);
	tear(3, 2);
	assert_judged(FINDING_COUNT);
	tear(1, 3); /* 1 was stale before it began */
	assert_judged(FINDING_TORN);
	tear(0, 3); /* zeros are not excused */
	assert_judged(FINDING_TORN);
	complete(issue());
	tear(3, 4);
	assert_judged(FINDING_TORN);
}

static void torn_with_zeros_needs_both_excuses(void **state)
{
	ledger_disturb_begin(ledger, SLOT, 1, EXCUSE_ZEROS | EXCUSE_TORN);
	complete(issue());
	tear(0, 2);
	assert_judged(FINDING_COUNT);
	tear(1, 2); /* 1 is dead */
	assert_judged(FINDING_TORN);
	ledger_disturb_end(ledger, SLOT, 1);
	tear(2, 0);
	assert_judged(FINDING_COUNT);
	/* Op 4 fails while op 3 has completed: the zeros of the punch are over all the same. */
	assert_int_equal(issue(), 3);
	assert_int_equal(issue(), 4);
	complete(3);
	ledger_fail(ledger, SLOT, 1, 4);
	tear(3, 4);
	assert_judged(FINDING_COUNT);
	tear(0, 3);
	assert_judged(FINDING_TORN);
}

static void a_failed_op_may_have_done_any_part(void **state)
{
	complete(issue());
	ledger_fail(ledger, SLOT, 1, issue());
	assert_legal(2);
	assert_legal(3);
	tear(2, 3);
	assert_judged(FINDING_COUNT);
	assert_generation(1, FINDING_STALE);
	zero();
	assert_judged(FINDING_LOST);
}

static void unreadable_needs_its_excuse(void **state)
{
	enum view_slot slots[SLOTS] = {[SLOT] = VIEW_SLOT_UNREADABLE};
	struct findings findings = {0};
	uint8_t seen[SLOTS] = {0};

	ledger_disturb_begin(ledger, SLOT, 1, EXCUSE_ZEROS | EXCUSE_OLDER | EXCUSE_TORN);
	judge_view(ledger, bytes, slots, VIEW_DIRECT, 0, seen, &findings);
	assert_int_equal(findings.count, 1);
	assert_int_equal(findings.row[0].kind, FINDING_UNREADABLE);
	seen[SLOT] = 0;
	findings.count = 0;
	ledger_disturb_begin(ledger, SLOT, 1, EXCUSE_UNREADABLE);
	judge_view(ledger, bytes, slots, VIEW_DIRECT, 0, seen, &findings);
	assert_int_equal(findings.count, 0);
	assert_int_equal(seen[SLOT], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		JUDGED(zeros_are_legal_from_a_punch_to_the_next_completion),
		JUDGED(what_was_punched_may_not_come_back),
		JUDGED(an_older_generation_needs_its_excuse),
		JUDGED(torn_is_excused_of_legal_generations_only),
		JUDGED(torn_with_zeros_needs_both_excuses),
		JUDGED(a_failed_op_may_have_done_any_part),
		JUDGED(unreadable_needs_its_excuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
