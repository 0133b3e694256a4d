// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The quick plan: a pairwise covering array over the parts that the machine has, so that a part
 * that is missing takes no pair away from the others; then one case for each missing part, so that
 * the record says what was not asked, and why.
 */
#include "lib/plan_work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/run.h"
#include "lib/text.h"

/* Which pairs stand in the plan: two factors, two levels, a flag each. */
struct pair_set {
	bool has[FACTORS][FACTORS][COVERING_LEVELS][COVERING_LEVELS];
};

static size_t note_pairs(struct pair_set *set, const uint8_t *row)
{
	size_t fresh = 0;

	for (unsigned i = 0; i < FACTORS; i++) {
		for (unsigned j = i + 1; j < FACTORS; j++) {
			bool *has = &set->has[i][j][row[i]][row[j]];

			fresh += !*has;
			*has = true;
		}
	}
	return fresh;
}

static bool valid(const uint8_t *row, const void *context)
{
	return product_valid(context, row);
}

static int add_row(struct plan_work *work, const uint8_t *row)
{
	struct case_spec spec;

	if (!product_case(&work->product, row, &spec))
		return 0;
	case_write_id(&spec);
	return plan_add(work, &spec);
}

static int add_covering(struct plan_work *work, struct pair_set *set)
{
	struct covering_problem problem = {.factors = FACTORS,
					   .valid = valid,
					   .context = &work->product,
					   .seed = work->request->seed};
	struct covering covering;
	int result;

	memcpy(problem.levels, work->product.present, sizeof(work->product.present));
	result = covering_make(&covering, &problem);
	if (result < 0) {
		text_add(work->why, work->why_bytes, 0, "the covering array: %s",
			 strerror(-result));
		return -1;
	}
	work->plan->pairs = covering.pairs;
	for (size_t i = 0; i < covering.count && result >= 0; i++) {
		result = add_row(work, covering.rows[i]);
		if (result > 0)
			work->plan->pairs_covered += note_pairs(set, covering.rows[i]);
	}
	covering_free(&covering);
	return result < 0 ? -1 : 0;
}

/* --- one case for each missing part --- */

static bool names(const struct case_spec *spec, enum factor factor, const void *part)
{
	return (factor == FACTOR_WORKLOAD && spec->workload[0] == part) ||
	       (factor == FACTOR_BACKING && spec->backing == part) ||
	       (factor == FACTOR_STRESSOR && spec->stressor[0] == part) ||
	       (factor == FACTOR_FILESYSTEM && spec->filesystem == part);
}

static bool is_named(const struct plan_work *work, enum factor factor, const void *part)
{
	for (size_t i = 0; i < work->plan->count; i++) {
		if (names(&work->plan->cases[i], factor, part))
			return true;
	}
	return false;
}

/* Looks for a valid row that has level of factor, and of the other factors only the first so many
 * levels; starts at random ones, so that plans of other seeds show it in other company. */
static bool find_row(const struct product *product, const unsigned *levels, enum factor factor,
		     uint8_t level, uint64_t *random, uint8_t *row)
{
	unsigned counts[FACTORS], start[FACTORS];
	uint8_t at[FACTORS] = {0};

	for (unsigned i = 0; i < FACTORS; i++) {
		counts[i] = i == factor ? 1 : levels[i];
		if (!counts[i])
			return false;
		start[i] = random_next(random) % counts[i];
	}
	do {
		for (unsigned i = 0; i < FACTORS; i++)
			row[i] = i == factor ? level : (start[i] + at[i]) % counts[i];
		if (product_valid(product, row))
			return true;
	} while (product_next(counts, at));
	return false;
}

static int add_missing(struct plan_work *work)
{
	const struct product *product = &work->product;
	uint64_t random = random_seeded(work->request->seed, 2);
	unsigned usual[FACTORS];

	memcpy(usual, product->present, sizeof(usual));
	usual[FACTOR_BLOCK] = 1;
	for (enum factor factor = 0; factor < FACTOR_PARTS; factor++) {
		for (unsigned i = product->present[factor]; i < product->levels[factor]; i++) {
			uint8_t row[FACTORS];

			if (is_named(work, factor, product->part[factor][i]))
				continue;
			if (!find_row(product, usual, factor, i, &random, row) &&
			    !find_row(product, product->levels, factor, i, &random, row))
				continue;
			if (add_row(work, row) < 0)
				return -1;
		}
	}
	return 0;
}

int plan_quick(struct plan_work *work)
{
	struct pair_set *set = calloc(1, sizeof(*set));
	int result;

	if (!set) {
		text_add(work->why, work->why_bytes, 0, "no memory for the plan");
		return -1;
	}
	result = add_covering(work, set);
	if (result == 0)
		result = add_missing(work);
	free(set);
	return result;
}
