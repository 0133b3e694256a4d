// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The greedy half: each row is the valid one that covers the most pairs that are still open (Cohen,
 * Dalal, Fredman and Patton, "The AETG system", IEEE TSE 23(7), 1997). The product is small enough
 * to look at every valid row instead of at a few candidates. What a row would cover only ever
 * shrinks, so that rows wait in one stack per gain and are counted again only when they come up.
 *
 * The reducing half, lib/covering_reduce.c, then takes rows away.
 */
#include "lib/covering_work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/run.h"

enum { PRODUCT_LIMIT = 1 << 26, PAIRS_PER_ROW = COVERING_FACTORS * (COVERING_FACTORS - 1) / 2 };

#define NOTHING UINT32_MAX

/* Numbers the pairs: those of two factors follow each other. */
static void number_pairs(struct covering_work *work)
{
	const struct covering_problem *problem = work->problem;
	unsigned k = 0;

	for (unsigned i = 0; i < problem->factors; i++) {
		for (unsigned j = i + 1; j < problem->factors; j++, k++) {
			work->first[k] = work->pair_numbers;
			work->pair_numbers += problem->levels[i] * problem->levels[j];
		}
	}
	work->pairs_per_row = k;
}

void covering_pairs_of(const struct covering_work *work, const uint8_t *row, uint32_t *pairs)
{
	const struct covering_problem *problem = work->problem;
	unsigned k = 0;

	for (unsigned i = 0; i < problem->factors; i++) {
		for (unsigned j = i + 1; j < problem->factors; j++, k++)
			pairs[k] = work->first[k] + row[i] * problem->levels[j] + row[j];
	}
}

size_t covering_number_of(const struct covering_problem *problem, const uint8_t *row)
{
	size_t number = 0;

	for (unsigned i = 0; i < problem->factors; i++)
		number = number * problem->levels[i] + row[i];
	return number;
}

static void row_of(const struct covering_problem *problem, size_t number, uint8_t *row)
{
	for (unsigned i = problem->factors; i-- > 0; number /= problem->levels[i])
		row[i] = number % problem->levels[i];
}

/* Asks for the validity of every row, and shuffles the valid ones: ties are broken by their order.
 */
static void list_valid(struct covering_work *work)
{
	uint32_t pairs[PAIRS_PER_ROW];
	uint64_t random = random_seeded(work->problem->seed, 0);
	uint8_t row[COVERING_FACTORS] = {0};

	for (size_t number = 0; number < work->product; number++) {
		row_of(work->problem, number, row);
		work->is_valid[number] = work->problem->valid(row, work->problem->context);
		if (!work->is_valid[number])
			continue;
		covering_pairs_of(work, row, pairs);
		for (unsigned k = 0; k < work->pairs_per_row; k++)
			work->pair_valid[pairs[k]] = true;
		work->valid[work->valid_count++] = (uint32_t)number;
	}
	for (size_t i = work->valid_count; i > 1; i--) {
		size_t j = random_next(&random) % i;
		uint32_t number = work->valid[i - 1];

		work->valid[i - 1] = work->valid[j];
		work->valid[j] = number;
	}
}

/* Counts the valid pairs, and the most of any two factors: a row has one pair of each two. */
static void count_pairs(const struct covering_work *work, struct covering *covering)
{
	for (unsigned k = 0; k < work->pairs_per_row; k++) {
		uint32_t end =
			k + 1 < work->pairs_per_row ? work->first[k + 1] : work->pair_numbers;
		size_t count = 0;

		for (uint32_t pair = work->first[k]; pair < end; pair++)
			count += work->pair_valid[pair];
		covering->pairs += count;
		if (count > covering->bound)
			covering->bound = count;
	}
}

static unsigned gain_of(const struct covering_work *work, const uint32_t *pairs)
{
	unsigned gain = 0;

	for (unsigned k = 0; k < work->pairs_per_row; k++)
		gain += work->covered[pairs[k]] == 0;
	return gain;
}

static void take(struct covering_work *work, struct covering *covering, const uint8_t *row,
		 const uint32_t *pairs)
{
	memcpy(covering->rows[covering->count++], row, COVERING_FACTORS);
	for (unsigned k = 0; k < work->pairs_per_row; k++)
		work->covered[pairs[k]]++;
}

static void build(struct covering_work *work, struct covering *covering)
{
	uint32_t stack[PAIRS_PER_ROW + 1], pairs[PAIRS_PER_ROW] = {0};
	unsigned top = work->pairs_per_row;

	for (unsigned gain = 0; gain <= top; gain++)
		stack[gain] = NOTHING;
	for (size_t i = 0; i < work->valid_count; i++) {
		work->next[i] = stack[top];
		stack[top] = (uint32_t)i;
	}
	while (top > 0) {
		uint32_t i = stack[top];
		uint8_t row[COVERING_FACTORS] = {0};
		unsigned gain;

		if (i == NOTHING) {
			top--;
			continue;
		}
		stack[top] = work->next[i];
		row_of(work->problem, work->valid[i], row);
		covering_pairs_of(work, row, pairs);
		gain = gain_of(work, pairs);
		if (gain == top) {
			take(work, covering, row, pairs);
		} else if (gain > 0) {
			work->next[i] = stack[gain];
			stack[gain] = i;
		}
	}
}

static bool allocate(struct covering_work *work, struct covering *covering)
{
	work->is_valid = calloc(work->product, sizeof(*work->is_valid));
	work->valid = calloc(work->product, sizeof(*work->valid));
	work->next = calloc(work->product, sizeof(*work->next));
	work->pair_valid = calloc(work->pair_numbers + 1, sizeof(*work->pair_valid));
	work->covered = calloc(work->pair_numbers + 1, sizeof(*work->covered));
	/* A row covers at least one pair that no earlier one did. */
	covering->rows = calloc(work->pair_numbers + 1, sizeof(*covering->rows));
	return work->is_valid && work->valid && work->next && work->pair_valid && work->covered &&
	       covering->rows;
}

static void release(struct covering_work *work)
{
	free(work->is_valid);
	free(work->valid);
	free(work->next);
	free(work->pair_valid);
	free(work->covered);
}

int covering_make(struct covering *covering, const struct covering_problem *problem)
{
	struct covering_work work = {.problem = problem, .product = problem->factors ? 1 : 0};
	int result = 0;

	*covering = (struct covering){0};
	for (unsigned i = 0; i < problem->factors; i++) {
		work.product *= problem->levels[i];
		if (work.product > PRODUCT_LIMIT || problem->levels[i] > COVERING_LEVELS)
			return -E2BIG;
	}
	if (!work.product)
		return 0;
	number_pairs(&work);
	if (allocate(&work, covering)) {
		list_valid(&work);
		count_pairs(&work, covering);
		build(&work, covering);
		result = covering_reduce(&work, covering);
	} else {
		result = -ENOMEM;
	}
	release(&work);
	if (result < 0)
		covering_free(covering);
	return result;
}

void covering_free(struct covering *covering)
{
	free(covering->rows);
	*covering = (struct covering){0};
}
