// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How times are read and written, and the arithmetic that keeps the quick profile within its time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "front/pace.h"
#include "front/values.h"

static void durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {{"90s", 90 * PACE_NS_PER_S},  {"5m", 300 * PACE_NS_PER_S},
		    {"2h", 7200 * PACE_NS_PER_S}, {"1d", 86400 * PACE_NS_PER_S},
		    {"250ms", PACE_NS_PER_S / 4}, {"7", 7 * PACE_NS_PER_S}};
	static const char *const bad[] = {"",           "s",   "-1s",  "+1s",
					  " 1s",        "1 s", "1.5s", "1x",
					  "0x1s",       "0s",  "1ss",  "99999999999999999999s",
					  "9999999999h"};
	uint64_t ns;
	char text[32];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(value_duration(good[i].text, &ns));
		assert_int_equal(ns, good[i].ns);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(value_duration(bad[i], &ns));
	value_write_duration(150 * PACE_NS_PER_S, text, sizeof(text));
	assert_string_equal(text, "2m30s");
	value_write_duration(2 * 3600 * PACE_NS_PER_S, text, sizeof(text));
	assert_string_equal(text, "2h00m");
	value_write_duration(PACE_NS_PER_S * 4 / 10, text, sizeof(text));
	assert_string_equal(text, "0.4s");
}

static void shares(void **state)
{
	const uint64_t ms = PACE_NS_PER_S / 1000;

	/* 150 s for 300 cases are 500 ms each, of which 200 are not for moving. */
	assert_int_equal(pace_share_ns(150000 * ms, 300, 200 * ms, 150 * ms, 500 * ms), 300 * ms);
	assert_int_equal(pace_share_ns(150000 * ms, 300, 0, 150 * ms, 500 * ms), 500 * ms);
	assert_int_equal(pace_share_ns(150000 * ms, 10, 200 * ms, 150 * ms, 500 * ms), 500 * ms);
	assert_int_equal(pace_share_ns(150000 * ms, 300, 450 * ms, 150 * ms, 500 * ms), 150 * ms);
	assert_int_equal(pace_share_ns(150000 * ms, 300, 900 * ms, 150 * ms, 500 * ms), 150 * ms);
	assert_int_equal(pace_share_ns(0, 300, 0, 150 * ms, 500 * ms), 150 * ms);
	assert_int_equal(pace_share_ns(0, 0, 0, 150 * ms, 500 * ms), 150 * ms);
}

static void a_quick_run_keeps_its_time(void **state)
{
	const uint64_t ms = PACE_NS_PER_S / 1000, overhead = 250 * ms;
	struct pace pace = pace_of(PROFILE_QUICK, 0);
	const size_t cases = 320;
	uint64_t now = pace.start_ns = 77 * PACE_NS_PER_S;

	for (size_t left = cases; left; left--) {
		uint64_t move = pace_move_ns(&pace, now, left);

		assert_in_range(move, 150 * ms, 500 * ms);
		now += move + overhead;
		pace_ran(&pace, move + overhead, move);
	}
	assert_in_range(now - pace.start_ns, 149 * PACE_NS_PER_S, 152 * PACE_NS_PER_S);
	assert_false(pace_over(&pace, now + PACE_NS_PER_S * 3600));
}

static void a_given_time_ends_a_run(void **state)
{
	struct pace pace = pace_of(PROFILE_QUICK, 10 * PACE_NS_PER_S);

	pace.start_ns = 5;
	assert_int_equal(pace_move_ns(&pace, 5, 1), 10 * PACE_NS_PER_S);
	assert_int_equal(pace_move_ns(&pace, 5, 4), 10 * PACE_NS_PER_S / 4);
	assert_false(pace_over(&pace, 10 * PACE_NS_PER_S));
	assert_true(pace_over(&pace, 10 * PACE_NS_PER_S + 5));
	assert_true(pace_of(PROFILE_SOAK, 0).again);
	assert_false(pace_of(PROFILE_NIGHTLY, 0).ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(shares),
		cmocka_unit_test(a_quick_run_keeps_its_time),
		cmocka_unit_test(a_given_time_ends_a_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
