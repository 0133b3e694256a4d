// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every claim of the covering-array generator, checked by brute force over the product.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/covering.h"

enum { LEVELS = 20 };

struct pairs {
	bool has[COVERING_FACTORS][COVERING_FACTORS][LEVELS][LEVELS];
};

static bool anything(const uint8_t *row, const void *context)
{
	return true;
}

static bool nothing(const uint8_t *row, const void *context)
{
	return false;
}

static bool only_ones(const uint8_t *row, const void *context)
{
	return row[0] == 1 && row[1] == 1 && row[2] == 1;
}

/* Each two factors have all their pairs in isolation, but the three contradict each other. */
static bool contradiction(const uint8_t *row, const void *context)
{
	return row[0] != row[1] && row[1] != row[2] && row[0] != row[2];
}

/* A fixed mess: context is the share of valid rows in 256. */
static bool mess(const uint8_t *row, const void *context)
{
	uint32_t hash = 2166136261u;

	for (unsigned i = 0; i < 5; i++)
		hash = (hash ^ row[i]) * 16777619u;
	return (hash >> 13) % 256 < *(const unsigned *)context;
}

static bool next(const struct covering_problem *problem, uint8_t *row)
{
	for (unsigned i = 0; i < problem->factors; i++) {
		if (++row[i] < problem->levels[i])
			return true;
		row[i] = 0;
	}
	return false;
}

static void note(const struct covering_problem *problem, const uint8_t *row, struct pairs *pairs)
{
	for (unsigned i = 0; i < problem->factors; i++) {
		for (unsigned j = i + 1; j < problem->factors; j++)
			pairs->has[i][j][row[i]][row[j]] = true;
	}
}

static size_t count(const struct pairs *pairs)
{
	const bool *has = &pairs->has[0][0][0][0];
	size_t sum = 0;

	for (size_t i = 0; i < sizeof(*pairs); i++)
		sum += has[i];
	return sum;
}

/* Makes the array and holds it against the product. The rows are those of *covering. */
static void check(const struct covering_problem *problem, struct covering *covering)
{
	struct pairs *wanted = calloc(1, sizeof(*wanted)), *found = calloc(1, sizeof(*found));
	uint8_t row[COVERING_FACTORS] = {0};

	assert_int_equal(covering_make(covering, problem), 0);
	do {
		if (problem->valid(row, problem->context))
			note(problem, row, wanted);
	} while (next(problem, row));
	for (size_t i = 0; i < covering->count; i++) {
		assert_true(problem->valid(covering->rows[i], problem->context));
		note(problem, covering->rows[i], found);
	}
	assert_memory_equal(found, wanted, sizeof(*wanted));
	assert_int_equal(covering->pairs, count(wanted));
	assert_true(covering->count >= covering->bound);
	assert_true(covering->count <= covering->pairs);
	free(wanted);
	free(found);
}

static void an_open_product_is_covered(void **state)
{
	struct covering_problem problem = {
		.factors = 5, .levels = {9, 6, 17, 4, 3}, .valid = anything, .seed = 1};
	struct covering covering;

	check(&problem, &covering);
	assert_int_equal(covering.bound, 9 * 17);
	/* The bound is reached here: an array that is far above it has lost its greed. */
	assert_true(covering.count <= 9 * 17 + 9);
	covering_free(&covering);
}

static void a_mess_is_covered(void **state)
{
	static const unsigned shares[] = {1, 8, 60, 128, 250};

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		for (uint64_t seed = 0; seed < 4; seed++) {
			struct covering_problem problem = {.factors = 5,
							   .levels = {7, 5, 9, 4, 2},
							   .valid = mess,
							   .context = &shares[i],
							   .seed = seed};
			struct covering covering;

			check(&problem, &covering);
			assert_true(covering.count > 0);
			covering_free(&covering);
		}
	}
}

static void no_valid_row_is_no_row(void **state)
{
	struct covering_problem problem = {
		.factors = 3, .levels = {3, 3, 3}, .valid = nothing, .seed = 1};
	struct covering covering;

	check(&problem, &covering);
	assert_int_equal(covering.count, 0);
	assert_int_equal(covering.pairs, 0);
	covering_free(&covering);
	problem.levels[2] = 2;
	problem.levels[0] = problem.levels[1] = 2;
	problem.valid = contradiction;
	check(&problem, &covering);
	assert_int_equal(covering.count, 0);
	covering_free(&covering);
}

static void one_valid_row_is_one_row(void **state)
{
	struct covering_problem problem = {
		.factors = 3, .levels = {3, 3, 3}, .valid = only_ones, .seed = 1};
	struct covering covering;

	check(&problem, &covering);
	assert_int_equal(covering.count, 1);
	assert_int_equal(covering.pairs, 3);
	covering_free(&covering);
}

static void empty_products_end(void **state)
{
	struct covering_problem problem = {.factors = 0, .valid = anything};
	struct covering covering;

	assert_int_equal(covering_make(&covering, &problem), 0);
	assert_int_equal(covering.count, 0);
	covering_free(&covering);
	problem.factors = 2;
	problem.levels[0] = 5;
	assert_int_equal(covering_make(&covering, &problem), 0);
	assert_int_equal(covering.count, 0);
	covering_free(&covering);
	problem.factors = 1; /* no pairs */
	assert_int_equal(covering_make(&covering, &problem), 0);
	assert_int_equal(covering.count, 0);
	covering_free(&covering);
}

static void oversized_products_are_refused(void **state)
{
	struct covering_problem problem = {
		.factors = 4, .levels = {128, 128, 128, 128}, .valid = anything};
	struct covering covering;

	assert_int_equal(covering_make(&covering, &problem), -E2BIG);
	problem.factors = 1;
	problem.levels[0] = COVERING_LEVELS + 1;
	assert_int_equal(covering_make(&covering, &problem), -E2BIG);
}

static bool same(const struct covering *a, const struct covering *b)
{
	return a->count == b->count && memcmp(a->rows, b->rows, a->count * sizeof(*a->rows)) == 0;
}

static void a_seed_decides(void **state)
{
	static const unsigned share = 100;
	struct covering_problem problem = {.factors = 5,
					   .levels = {7, 5, 9, 4, 2},
					   .valid = mess,
					   .context = &share,
					   .seed = 3};
	struct covering first, again, other;

	assert_int_equal(covering_make(&first, &problem), 0);
	assert_int_equal(covering_make(&again, &problem), 0);
	problem.seed = 4;
	assert_int_equal(covering_make(&other, &problem), 0);
	assert_true(same(&first, &again));
	assert_false(same(&first, &other));
	covering_free(&first);
	covering_free(&again);
	covering_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_product_is_covered),
		cmocka_unit_test(a_mess_is_covered),
		cmocka_unit_test(no_valid_row_is_no_row),
		cmocka_unit_test(one_valid_row_is_one_row),
		cmocka_unit_test(empty_products_end),
		cmocka_unit_test(oversized_products_are_refused),
		cmocka_unit_test(a_seed_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
