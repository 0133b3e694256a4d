// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ledger's legal ranges, at rest and around failed ops and disturbances.
 */
#include "tests/unit/ledger_ground.h"

static void assert_excuses(struct ledger *ledger, uint32_t slot, unsigned excuses, uint32_t dead)
{
	struct ledger_slot entry = ledger_read(ledger, slot);

	assert_int_equal(entry.excuses, excuses);
	assert_int_equal(entry.dead, dead);
}

static void starts_prefilled(void **state)
{
	struct ledger *ledger = *state;

	assert_int_equal(ledger->slots, SLOTS);
	assert_int_equal(ledger->slot_bytes, 512);
	for (uint32_t i = 0; i < SLOTS; i++) {
		struct ledger_slot entry = ledger_read(ledger, i);

		assert_range(ledger, i, 1, 1);
		assert_int_equal(entry.completed, 1);
		assert_int_equal(entry.durable, 1);
		assert_int_equal(entry.writer, 0);
		assert_excuses(ledger, i, 0, 0);
	}
}

static void an_op_widens_and_narrows_the_range(void **state)
{
	struct ledger *ledger = *state;

	assert_int_equal(ledger_issue(ledger, 8, 8), 2);
	assert_range(ledger, 7, 1, 1);
	assert_range(ledger, 8, 1, 2);
	assert_range(ledger, 15, 1, 2);
	assert_range(ledger, 16, 1, 1);
	ledger_complete(ledger, 8, 8, 2);
	assert_range(ledger, 8, 2, 2);
	/* One number for slots that have come differently far. */
	assert_int_equal(ledger_issue(ledger, 4, 8), 3);
	assert_range(ledger, 4, 1, 3);
	assert_range(ledger, 11, 2, 3);
	ledger_complete(ledger, 4, 8, 3);
	assert_range(ledger, 4, 3, 3);
	ledger_issue_as(ledger, 4, 1, 9);
	assert_range(ledger, 4, 3, 9);
	ledger_complete(ledger, 4, 1, 9);
	assert_range(ledger, 4, 9, 9);
}

static void completions_out_of_order_never_go_back(void **state)
{
	struct ledger *ledger = *state;

	ledger_issue_as(ledger, 0, 1, 2);
	ledger_issue_as(ledger, 0, 1, 3);
	ledger_complete(ledger, 0, 1, 3);
	ledger_complete(ledger, 0, 1, 2);
	assert_range(ledger, 0, 3, 3);
	assert_int_equal(ledger_read(ledger, 0).completed, 3);
}

static void fsync_covers_what_completed(void **state)
{
	struct ledger *ledger = *state;

	ledger_complete(ledger, 0, 4, ledger_issue(ledger, 0, 4));
	assert_int_equal(ledger_read(ledger, 0).durable, 1);
	ledger_durable(ledger);
	assert_int_equal(ledger_read(ledger, 0).durable, 2);
	assert_int_equal(ledger_read(ledger, 4).durable, 1);
	/* What a disturbance excuses is not promised to be there after a power cut either. */
	ledger_issue(ledger, 0, 1);
	ledger_disturb_begin(ledger, 0, 1, EXCUSE_OLDER);
	ledger_complete(ledger, 0, 1, 3);
	ledger_disturb_end(ledger, 0, 1);
	ledger_durable(ledger);
	assert_int_equal(ledger_read(ledger, 0).durable, 2);
}

static void a_failed_op_may_show_anything_until_the_next(void **state)
{
	struct ledger *ledger = *state;

	ledger_complete(ledger, 0, 1, ledger_issue(ledger, 0, 1));
	ledger_fail(ledger, 0, 1, ledger_issue(ledger, 0, 1));
	assert_range(ledger, 0, 2, 3);
	assert_excuses(ledger, 0, EXCUSE_OLDER | EXCUSE_TORN, 0);
	assert_int_equal(ledger_read(ledger, 0).completed, 2);
	ledger_complete(ledger, 0, 1, ledger_issue(ledger, 0, 1));
	assert_range(ledger, 0, 4, 4);
	assert_excuses(ledger, 0, 0, 0);
}

static void an_op_before_a_disturbance_is_not_excused(void **state)
{
	struct ledger *ledger = *state;

	ledger_complete(ledger, 0, 1, ledger_issue(ledger, 0, 1));
	ledger_disturb_begin(ledger, 0, 1, EXCUSE_OLDER | EXCUSE_TORN);
	assert_int_equal(ledger_read(ledger, 0).open, 1);
	ledger_disturb_end(ledger, 0, 1);
	assert_int_equal(ledger_read(ledger, 0).open, 0);
	assert_range(ledger, 0, 2, 2);
	/* No zeros were excused, so nothing is dead. */
	assert_excuses(ledger, 0, EXCUSE_OLDER | EXCUSE_TORN, 0);
}

/* The four ways in which an op and a disturbance can overlap; each freezes the floor. */
static void an_overlapping_op_may_be_lost(void **state)
{
	struct ledger *ledger = *state;

	ledger_issue(ledger, 0, 2); /* it begins before, and ends inside (0) or after (1) */
	ledger_disturb_begin(ledger, 0, 4, EXCUSE_OLDER);
	ledger_issue(ledger, 2, 2); /* it begins inside, and ends inside (2) or after (3) */
	ledger_complete(ledger, 0, 1, 2);
	ledger_complete(ledger, 2, 1, 2);
	ledger_disturb_end(ledger, 0, 4);
	ledger_complete(ledger, 1, 1, 2);
	ledger_complete(ledger, 3, 1, 2);
	for (uint32_t i = 0; i < 4; i++) {
		assert_range(ledger, i, 1, 2);
		assert_int_equal(ledger_read(ledger, i).completed, 2);
		assert_excuses(ledger, i, EXCUSE_OLDER, 0);
	}
	/* The first op after its end ends the excuse. */
	ledger_complete(ledger, 0, 4, ledger_issue(ledger, 0, 4));
	for (uint32_t i = 0; i < 4; i++) {
		assert_range(ledger, i, 3, 3);
		assert_excuses(ledger, i, 0, 0);
	}
}

static void a_punch_kills_what_was_there(void **state)
{
	struct ledger *ledger = *state;

	ledger_complete(ledger, 0, 1, ledger_issue(ledger, 0, 1));
	ledger_disturb_begin(ledger, 0, 1, EXCUSE_ZEROS);
	ledger_complete(ledger, 0, 1, ledger_issue(ledger, 0, 1));
	ledger_disturb_end(ledger, 0, 1);
	/* 2 is gone for good; 3 or zeros may be there. */
	assert_range(ledger, 0, 2, 3);
	assert_excuses(ledger, 0, EXCUSE_ZEROS, 2);
	ledger_disturb_begin(ledger, 0, 1, EXCUSE_ZEROS);
	ledger_disturb_end(ledger, 0, 1);
	assert_excuses(ledger, 0, EXCUSE_ZEROS, 3);
	ledger_complete(ledger, 0, 1, ledger_issue(ledger, 0, 1));
	assert_range(ledger, 0, 4, 4);
	assert_excuses(ledger, 0, 0, 3);
}

static void disturbances_nest(void **state)
{
	struct ledger *ledger = *state;

	ledger_disturb_begin(ledger, 0, 1, EXCUSE_OLDER);
	ledger_disturb_begin(ledger, 0, 1, EXCUSE_UNREADABLE);
	ledger_disturb_end(ledger, 0, 1);
	ledger_complete(ledger, 0, 1, ledger_issue(ledger, 0, 1)); /* the second is still open */
	assert_range(ledger, 0, 1, 2);
	assert_excuses(ledger, 0, EXCUSE_OLDER | EXCUSE_UNREADABLE, 0);
	ledger_disturb_end(ledger, 0, 1);
	assert_range(ledger, 0, 1, 2);
	ledger_complete(ledger, 0, 1, ledger_issue(ledger, 0, 1));
	assert_range(ledger, 0, 3, 3);
	assert_excuses(ledger, 0, 0, 0);
}

static void a_newer_op_in_flight_keeps_the_excuse(void **state)
{
	struct ledger *ledger = *state;

	ledger_disturb_begin(ledger, 0, 1, EXCUSE_TORN);
	ledger_disturb_end(ledger, 0, 1);
	ledger_issue_as(ledger, 0, 1, 2);
	ledger_issue_as(ledger, 0, 1, 3);
	ledger_complete(ledger, 0, 1, 2);
	assert_range(ledger, 0, 2, 3);
	assert_excuses(ledger, 0, EXCUSE_TORN, 0);
	ledger_complete(ledger, 0, 1, 3);
	assert_range(ledger, 0, 3, 3);
	assert_excuses(ledger, 0, 0, 0);
}

#define each(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		each(starts_prefilled),
		each(an_op_widens_and_narrows_the_range),
		each(completions_out_of_order_never_go_back),
		each(fsync_covers_what_completed),
		each(a_failed_op_may_show_anything_until_the_next),
		each(an_op_before_a_disturbance_is_not_excused),
		each(an_overlapping_op_may_be_lost),
		each(a_punch_kills_what_was_there),
		each(disturbances_nest),
		each(a_newer_op_in_flight_keeps_the_excuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
