// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ids, globs, filters and excludes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/mock_plan.h"

static void refused(const struct plan_request *request, const char *part_of_sentence)
{
	struct plan plan;
	char why[512] = "";

	assert_int_equal(plan_make(&plan, request, why, sizeof(why)), -1);
	assert_null(plan.cases);
	if (!strstr(why, part_of_sentence))
		fail_msg("\"%s\" does not say \"%s\"", why, part_of_sentence);
}

static struct plan named(const char *const *globs, unsigned count)
{
	struct plan_request request = request_of(PROFILE_QUICK, 1);

	request.named = true;
	request.globs = globs;
	request.glob_count = count;
	return made(&request);
}

static void an_id_is_exactly_its_case(void **state)
{
	static const char *const ids[] = {"mock_fixed/mock_shared/mock_sync@mock_bt:depth=32",
					  "mock_memory/mock_anon/mock_calm@none:block=4K",
					  "mock_memory/mock_anon/mock_calm@none"};
	struct plan plan = named(ids, 3);

	assert_int_equal(plan.count, 2);
	assert_string_equal(plan.cases[0].id, ids[0]);
	assert_int_equal(option_get(&plan.cases[0].options, "depth"), 32);
	assert_string_equal(plan.cases[1].id, ids[2]);
	plan_free(&plan);
}

static void a_glob_takes_both_ways(void **state)
{
	static const char *const globs[] = {"mock_memory/mock_anon/mock_*@*",
					    "mock_memory/mock_anon/mock_calm@none"};
	struct plan plan = named(globs, 2);

	assert_non_null(find(&plan, "mock_memory/mock_anon/mock_calm@none"));
	assert_non_null(find(&plan, "mock_memory/mock_anon/mock_calm@none:way=out"));
	assert_non_null(find(&plan, "mock_memory/mock_anon/mock_source@none:way=out"));
	assert_null(find(&plan, "mock_memory/mock_anon/mock_source@none"));
	/* calm, absent, superuser both ways, source out; the others need a file. */
	assert_int_equal(plan.count, 7);
	plan_free(&plan);
}

static void a_glob_may_fix_options(void **state)
{
	static const char *const globs[] = {"mock_fixed/mock_anon/mock_calm@mock_*:block=512"};
	static const char *const ways[] = {"mock_memory/mock_anon/mock_calm@*:way=out"};
	static const char *const whole[] = {"mock_memory/mock_anon/mock_calm@*:w*t"};
	struct plan plan = named(globs, 1);

	/* mock_bt cannot: its direct I/O is aligned to 4096. */
	assert_int_equal(plan.count, 6);
	assert_non_null(find(&plan, "mock_fixed/mock_anon/mock_calm@mock_tmp:block=512"));
	assert_non_null(find(&plan, "mock_fixed/mock_anon/mock_calm@mock_ext:way=out,block=512"));
	plan_free(&plan);
	plan = named(ways, 1);
	assert_int_equal(plan.count, 1);
	assert_string_equal(plan.cases[0].id, "mock_memory/mock_anon/mock_calm@none:way=out");
	plan_free(&plan);
	plan = named(whole, 1);
	assert_int_equal(plan.count, 1);
	assert_string_equal(plan.cases[0].id, "mock_memory/mock_anon/mock_calm@none:way=out");
	plan_free(&plan);
}

static void bad_names_are_refused(void **state)
{
	static const struct {
		const char *glob, *sentence;
	} rows[] = {
		{"mock_nothing*", "no case matches 'mock_nothing*'"},
		{"*@mock_xfs*", "mock_ext, mock_tmp"},
		{"mock_memory", "is not a case id"},
		{"mock_memory/mock_anon/mock_clam@none", "did you mean mock_calm"},
		{"mock_memory/mock_anon/mock_sync@none", "makes no sense: mock_sync needs"},
		{"mock_memory/mock_anon/mock_sync@n*", "makes sense; the first is mock_memory"},
		{"mock_memory/mock_anon/mock_calm@n*:dept=3", "did you mean depth"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct plan_request request = request_of(PROFILE_QUICK, 1);

		request.named = true;
		request.globs = &rows[i].glob;
		request.glob_count = 1;
		refused(&request, rows[i].sentence);
	}
}

static void globs_filter_a_profile(void **state)
{
	static const char *const globs[] = {"mock_fixed/*", "mock_memory/*@none"};
	static const char *const nothing[] = {"mock_fixed/*", "mock_fixed/*@none"};
	struct plan_request request = request_of(PROFILE_QUICK, 1);
	struct plan plan;

	request.globs = globs;
	request.glob_count = 2;
	plan = made(&request);
	assert_true(plan.count > 0);
	assert_true(plan.pairs_covered < plan.pairs);
	for (size_t i = 0; i < plan.count; i++)
		assert_true(case_glob(globs[0], plan.cases[i].id) ||
			    case_glob(globs[1], plan.cases[i].id));
	plan_free(&plan);
	request.globs = nothing;
	refused(&request, "matches 'mock_fixed/*@none'");
}

static void excludes_apply_at_the_end(void **state)
{
	static const char *const excludes[] = {"*@mock_bt", "*/mock_calm@*"};
	static const char *const all[] = {"*"};
	struct plan_request request = request_of(PROFILE_QUICK, 9);
	struct plan whole = made(&request), plan;
	size_t left = 0;

	request.excludes = excludes;
	request.exclude_count = 2;
	plan = made(&request);
	for (size_t i = 0; i < whole.count; i++) {
		const char *id = whole.cases[i].id;
		bool out = case_glob(excludes[0], id) || case_glob(excludes[1], id);

		assert_int_equal(find(&plan, id) == NULL, out);
		left += !out;
	}
	assert_int_equal(plan.count, left);
	assert_int_equal(plan.pairs, whole.pairs);
	assert_true(plan.pairs_covered < plan.pairs);
	plan_free(&whole);
	plan_free(&plan);
	request.excludes = all;
	request.exclude_count = 1;
	refused(&request, "the excludes leave no case");
}

static void globs_match_up_to_the_options(void **state)
{
	assert_true(case_glob("a*", "a/b/c@d"));
	assert_true(case_glob("*", "a/b/c@d:way=out"));
	assert_true(case_glob("a/b/c@d", "a/b/c@d:way=out"));
	assert_true(case_glob("a/*@d", "a/b/c@d:way=out"));
	assert_false(case_glob("a/*t", "a/b/c@d:way=out"));
	assert_true(case_glob("*:*out", "a/b/c@d:way=out"));
	assert_false(case_glob("*:*", "a/b/c@d"));
	assert_true(case_glob("?/[bx]/c@d", "a/b/c@d"));
	assert_false(case_glob("A*", "a/b/c@d"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_exactly_its_case),
		cmocka_unit_test(a_glob_takes_both_ways),
		cmocka_unit_test(a_glob_may_fix_options),
		cmocka_unit_test(bad_names_are_refused),
		cmocka_unit_test(globs_filter_a_profile),
		cmocka_unit_test(excludes_apply_at_the_end),
		cmocka_unit_test(globs_match_up_to_the_options),
	};

	mock_tables();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
