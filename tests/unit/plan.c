// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plans over all tables that are linked in, the mock ones among them; what a plan should hold is
 * found here by brute force, without the product that lib/ walks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/plan.h"
#include "tests/unit/mock_plan.h"

enum { FACTORS = 6, LEVELS = 128 };

static const int64_t blocks[] = {4096, 512, 65536};

/* --- brute force --- */

/* All the tables, in a factor each; the present ones only, or all. */
struct levels {
	unsigned count[4];
	const void *part[4][LEVELS];
};

static void list_levels(struct levels *levels, const struct plan_request *request, bool missing)
{
	static const enum table_kind kinds[] = {TABLE_WORKLOAD, TABLE_BACKING, TABLE_STRESSOR,
						TABLE_FILESYSTEM};

	*levels = (struct levels){.count = {0}};
	for (unsigned k = 0; k < 4; k++) {
		for_each_table (node, kinds[k]) {
			bool wanted = k < 3 || strcmp(node->name, "none") == 0;

			for (unsigned i = 0; i < request->filesystems; i++)
				wanted |= request->filesystem[i] == node->table;
			if (wanted && (missing || !part_missing(kinds[k], node->table, NULL, 0)))
				levels->part[k][levels->count[k]++] = node->table;
		}
	}
}

/* Calls back for every valid case: levels of workload, backing, stressor, file system, way, block.
 */
static void for_each_valid(const struct levels *levels,
			   void (*each)(const unsigned *at, const struct case_spec *, void *),
			   void *context)
{
	unsigned total = levels->count[0] * levels->count[1] * levels->count[2] * levels->count[3];

	for (unsigned n = 0; n < total * 6; n++) {
		unsigned rest = n, at[FACTORS];
		struct case_spec spec = {.workloads = 1, .stressors = 1};

		for (unsigned k = 0; k < 4; k++) {
			at[k] = rest % levels->count[k];
			rest /= levels->count[k];
		}
		at[4] = rest % 2;
		at[5] = rest / 2;
		spec.workload[0] = levels->part[0][at[0]];
		spec.backing = levels->part[1][at[1]];
		spec.stressor[0] = levels->part[2][at[2]];
		spec.filesystem = levels->part[3][at[3]];
		case_options(&spec);
		option_put(&spec.options, "way", at[4] ? WAY_OUT : WAY_IN);
		option_put(&spec.options, "block", blocks[at[5]]);
		case_options(&spec);
		if (case_valid(&spec, NULL, 0))
			each(at, &spec, context);
	}
}

struct pairs {
	bool has[FACTORS][FACTORS][LEVELS][LEVELS];
};

static void note(const unsigned *at, const struct case_spec *spec, void *context)
{
	struct pairs *pairs = context;

	for (unsigned i = 0; i < FACTORS; i++) {
		for (unsigned j = i + 1; j < FACTORS; j++)
			pairs->has[i][j][at[i]][at[j]] = true;
	}
}

static unsigned level_of(const struct levels *levels, unsigned k, const void *part)
{
	for (unsigned i = 0; i < levels->count[k]; i++) {
		if (levels->part[k][i] == part)
			return i;
	}
	return LEVELS;
}

/* Notes the pairs of a planned case; false if one of its parts is not among levels. */
static bool note_case(const struct levels *levels, const struct case_spec *spec,
		      struct pairs *pairs)
{
	unsigned at[FACTORS] = {level_of(levels, 0, spec->workload[0]),
				level_of(levels, 1, spec->backing),
				level_of(levels, 2, spec->stressor[0]),
				level_of(levels, 3, spec->filesystem),
				case_way(spec) == WAY_OUT,
				0};

	for (unsigned k = 0; k < 4; k++) {
		if (at[k] == LEVELS)
			return false;
	}
	while (blocks[at[5]] != option_get(&spec->options, "block"))
		at[5]++;
	note(at, spec, pairs);
	return true;
}

static void quick_covers_every_valid_pair(void **state)
{
	struct plan_request request = request_of(PROFILE_QUICK, 0x5eed);
	struct pairs *wanted = calloc(1, sizeof(*wanted)), *found = calloc(1, sizeof(*found));
	struct levels *levels = calloc(1, sizeof(*levels));
	struct plan plan = made(&request);
	size_t count = 0;

	list_levels(levels, &request, false);
	for_each_valid(levels, note, wanted);
	for (size_t i = 0; i < plan.count; i++)
		note_case(levels, &plan.cases[i], found);
	assert_memory_equal(found, wanted, sizeof(*wanted));
	for (size_t i = 0; i < sizeof(*wanted); i++)
		count += (&wanted->has[0][0][0][0])[i];
	assert_int_equal(plan.pairs, count);
	assert_int_equal(plan.pairs_covered, count);
	free(wanted);
	free(found);
	free(levels);
	plan_free(&plan);
}

static void a_missing_part_stands_in_one_case(void **state)
{
	struct plan_request request = request_of(PROFILE_QUICK, 7);
	struct pairs *pairs = calloc(1, sizeof(*pairs));
	struct levels *levels = calloc(1, sizeof(*levels));
	struct plan plan = made(&request);
	unsigned unbuilt = 0, absent = 0, memory = 0, filesystem = 0, foreign = 0;

	list_levels(levels, &request, false);
	for (size_t i = 0; i < plan.count; i++) {
		const struct case_spec *spec = &plan.cases[i];

		unbuilt += spec->workload[0] == &workload_mock_unbuilt;
		absent += spec->stressor[0] == &stressor_mock_absent;
		memory += spec->backing == &backing_mock_absent_memory;
		filesystem += spec->filesystem == &filesystem_mock_absent_fs;
		foreign += !note_case(levels, spec, pairs);
	}
	assert_int_equal(unbuilt, 1);
	assert_int_equal(absent, 1);
	assert_int_equal(memory, 1);
	assert_int_equal(filesystem, 1);
	assert_true(foreign >= 4); /* the suite's own tables may miss something here, too */
	free(pairs);
	free(levels);
	plan_free(&plan);
}

static bool same(const struct plan *a, const struct plan *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->cases[i].id, b->cases[i].id) != 0 ||
		    a->cases[i].seed != b->cases[i].seed || a->cases[i].round != b->cases[i].round)
			return false;
	}
	return true;
}

static void a_plan_follows_its_seed(void **state)
{
	struct plan_request request = request_of(PROFILE_QUICK, 21);
	struct plan first = made(&request), again = made(&request), other;

	request.seed = 22;
	other = made(&request);
	assert_true(same(&first, &again));
	assert_false(same(&first, &other));
	plan_free(&first);
	plan_free(&again);
	plan_free(&other);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void rounds_repeat_the_cases_in_another_order(void **state)
{
	struct plan_request request = request_of(PROFILE_QUICK, 5);
	struct plan plan;
	const char **first, **second;
	unsigned moved = 0;
	size_t count;

	request.rounds = 2;
	plan = made(&request);
	count = plan.count / 2;
	first = calloc(plan.count, sizeof(char *));
	second = first + count;
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(plan.cases[i].round, 1);
		assert_int_equal(plan.cases[count + i].round, 2);
		first[i] = plan.cases[i].id;
		second[i] = plan.cases[count + i].id;
		moved += strcmp(first[i], second[i]) != 0;
		/* find() gives the case of the first round. */
		assert_int_not_equal(find(&plan, second[i])->seed, plan.cases[count + i].seed);
	}
	assert_true(moved > 0);
	qsort(first, count, sizeof(*first), compare);
	qsort(second, count, sizeof(*second), compare);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(first[i], second[i]);
		assert_true(i == 0 || strcmp(first[i - 1], first[i]) != 0);
	}
	free(first);
	plan_free(&plan);
}

static void count_case(const unsigned *at, const struct case_spec *spec, void *context)
{
	++*(size_t *)context;
}

static void nightly_is_the_whole_valid_product(void **state)
{
	struct plan_request request = request_of(PROFILE_NIGHTLY, 1);
	struct levels *levels = calloc(1, sizeof(*levels));
	struct plan plan = made(&request), soak;
	size_t count = 0;

	list_levels(levels, &request, true);
	for_each_valid(levels, count_case, &count);
	assert_int_equal(plan.count, count);
	request.profile = PROFILE_SOAK;
	soak = made(&request);
	assert_true(same(&plan, &soak));
	free(levels);
	plan_free(&plan);
	plan_free(&soak);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quick_covers_every_valid_pair),
		cmocka_unit_test(a_missing_part_stands_in_one_case),
		cmocka_unit_test(a_plan_follows_its_seed),
		cmocka_unit_test(rounds_repeat_the_cases_in_another_order),
		cmocka_unit_test(nightly_is_the_whole_valid_product),
	};

	mock_tables();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
