// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The histogram: its buckets tile the numbers without a gap, and what is read back is never below
 * the truth and at most 1/64 above it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hist.h"

static struct hist hist, more;

static int clear(void **state)
{
	memset(&hist, 0, sizeof(hist));
	memset(&more, 0, sizeof(more));
	return 0;
}

static unsigned bucket_of(uint64_t value_ns)
{
	struct hist one = {0};

	hist_add(&one, value_ns);
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		if (one.bucket[i])
			return i;
	}
	return HIST_BUCKETS;
}

static void buckets_tile_the_numbers(void **state)
{
	assert_int_equal(hist_bucket_low(0), 0);
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		uint64_t low = hist_bucket_low(i);

		assert_int_equal(bucket_of(low), i);
		if (i == 0)
			continue;
		assert_true(low > hist_bucket_low(i - 1));
		assert_int_equal(bucket_of(low - 1), i - 1);
		/* 64 buckets per power of two, and below 64 none is narrower than 1. */
		assert_true(low - hist_bucket_low(i - 1) == 1 ||
			    (low - hist_bucket_low(i - 1)) * 64 <= hist_bucket_low(i - 1));
	}
}

static void the_last_bucket_takes_the_rest(void **state)
{
	assert_int_equal(bucket_of((1ull << 40) - 1), HIST_BUCKETS - 1);
	assert_int_equal(bucket_of(1ull << 40), HIST_BUCKETS - 1);
	assert_int_equal(bucket_of(UINT64_MAX), HIST_BUCKETS - 1);
	hist_add(&hist, UINT64_MAX);
	assert_true(hist_percentile(&hist, 0.5) == UINT64_MAX);
}

static void empty_is_zero(void **state)
{
	assert_int_equal(hist_percentile(&hist, 0), 0);
	assert_int_equal(hist_percentile(&hist, 1), 0);
}

static void one_value_is_every_percentile(void **state)
{
	hist_add(&hist, 123456789);
	assert_int_equal(hist_percentile(&hist, 0), 123456789);
	assert_int_equal(hist_percentile(&hist, 0.5), 123456789);
	assert_int_equal(hist_percentile(&hist, 1), 123456789);
}

static void ranks_are_exact(void **state)
{
	for (uint64_t i = 1; i <= 50; i++)
		hist_add(&hist, i);
	assert_int_equal(hist_percentile(&hist, 0), 1);
	assert_int_equal(hist_percentile(&hist, 0.02), 1);
	assert_int_equal(hist_percentile(&hist, 0.021), 2);
	assert_int_equal(hist_percentile(&hist, 0.5), 25);
	assert_int_equal(hist_percentile(&hist, 0.98), 49);
	assert_int_equal(hist_percentile(&hist, 0.99), 50);
	assert_int_equal(hist_percentile(&hist, 1), 50);
	assert_int_equal(hist_percentile(&hist, 7), 50);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void percentiles_are_close_to_the_truth(void **state)
{
	static const double fractions[] = {0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1};
	static uint64_t values[10000];
	uint64_t random = 1;

	for (unsigned i = 0; i < 10000; i++) {
		random = random * 6364136223846793005ull + 1442695040888963407ull;
		values[i] = random >> (24 + random % 39); /* every magnitude up to 2^40 */
		hist_add(&hist, values[i]);
	}
	qsort(values, 10000, sizeof(values[0]), by_value);
	for (unsigned i = 0; i < sizeof(fractions) / sizeof(fractions[0]); i++) {
		uint64_t truth = values[(unsigned)(fractions[i] * 10000 + 0.5) - 1];
		uint64_t read = hist_percentile(&hist, fractions[i]);

		assert_true(read >= truth && read - truth <= truth / 64);
	}
}

static void merging_is_adding(void **state)
{
	struct hist both = {0};

	for (uint64_t i = 0; i < 1000; i++) {
		hist_add(i % 3 ? &hist : &more, i * i * 977);
		hist_add(&both, i * i * 977);
	}
	hist_merge(&hist, &more);
	assert_memory_equal(&hist, &both, sizeof(both));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(buckets_tile_the_numbers, clear),
		cmocka_unit_test_setup(the_last_bucket_takes_the_rest, clear),
		cmocka_unit_test_setup(empty_is_zero, clear),
		cmocka_unit_test_setup(one_value_is_every_percentile, clear),
		cmocka_unit_test_setup(ranks_are_exact, clear),
		cmocka_unit_test_setup(percentiles_are_close_to_the_truth, clear),
		cmocka_unit_test_setup(merging_is_adding, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
