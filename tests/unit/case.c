// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/mock_case.h"

/* An id, and the canonical one that it reads as. */
static void reads_as(const char *id, const char *canonical)
{
	struct case_spec spec = parsed(id);

	assert_string_equal(spec.id, canonical);
	spec = parsed(canonical);
	assert_string_equal(spec.id, canonical);
}

static void refuses(const char *id, const char *part_of_sentence)
{
	struct case_spec spec = {.seed = 77, .round = 3, .id = "untouched"};
	char why[512] = "";

	assert_int_equal(case_parse(&spec, id, why, sizeof(why)), -1);
	if (!strstr(why, part_of_sentence))
		fail_msg("%s: \"%s\" does not say \"%s\"", id, why, part_of_sentence);
	assert_string_equal(spec.id, "untouched");
}

static void an_id_is_canonical(void **state)
{
	reads_as("mock_fixed/mock_shared/mock_sync@mock_bt:block=4096,depth=32",
		 "mock_fixed/mock_shared/mock_sync@mock_bt:depth=32");
	reads_as("mock_fixed/mock_shared/mock_sync@mock_bt:batch=8,depth=32,block=8K",
		 "mock_fixed/mock_shared/mock_sync@mock_bt:block=8192,depth=32,batch=8");
	reads_as("mock_memory/mock_anon/mock_calm@none", "mock_memory/mock_anon/mock_calm@none");
	reads_as("mock_memory+mock_store/mock_anon/mock_calm+mock_absent@none:order=sequential",
		 "mock_memory+mock_store/mock_anon/mock_calm+mock_absent@none:order=sequential");
}

static void seed_and_round_are_left_alone(void **state)
{
	struct case_spec spec = {.seed = 77, .round = 3};
	char why[64];

	assert_int_equal(
		case_parse(&spec, "mock_memory/mock_anon/mock_calm@none", why, sizeof(why)), 0);
	assert_int_equal(spec.seed, 77);
	assert_int_equal(spec.round, 3);
}

static void the_default_way_is_in_where_there_is_one(void **state)
{
	struct case_spec spec = parsed("mock_memory/mock_anon/mock_calm@none:way=in");

	assert_int_equal(case_way(&spec), WAY_IN);
	assert_string_equal(spec.id, "mock_memory/mock_anon/mock_calm@none");
	reads_as("mock_memory/mock_anon/mock_calm@none:way=out",
		 "mock_memory/mock_anon/mock_calm@none:way=out");
	spec = parsed("mock_splice/mock_anon/mock_calm@none");
	assert_int_equal(case_way(&spec), WAY_OUT);
	reads_as("mock_splice/mock_anon/mock_calm@none:way=out",
		 "mock_splice/mock_anon/mock_calm@none");
	spec = parsed("mock_memory+mock_splice/mock_anon/mock_calm@none");
	assert_int_equal(case_way(&spec), WAY_OUT);
}

static void a_slot_is_at_most_a_block(void **state)
{
	struct case_spec spec = parsed("mock_fixed/mock_anon/mock_calm@mock_ext:block=512");

	assert_int_equal(option_get(&spec.options, "slot"), 512);
	assert_string_equal(spec.id, "mock_fixed/mock_anon/mock_calm@mock_ext:block=512");
	reads_as("mock_fixed/mock_anon/mock_calm@mock_ext:slot=64K",
		 "mock_fixed/mock_anon/mock_calm@mock_ext");
	reads_as("mock_fixed/mock_anon/mock_calm@mock_ext:slot=64K,block=64K",
		 "mock_fixed/mock_anon/mock_calm@mock_ext:block=65536,slot=65536");
	reads_as("mock_fixed/mock_anon/mock_calm@mock_ext:block=512,slot=64",
		 "mock_fixed/mock_anon/mock_calm@mock_ext:block=512,slot=64");
}

static void joined_workloads_have_a_writer_each(void **state)
{
	struct case_spec spec = parsed("mock_memory+mock_store/mock_anon/mock_calm@none");

	assert_int_equal(option_get(&spec.options, "writers"), 2);
	reads_as("mock_memory+mock_store/mock_anon/mock_calm@none:writers=1",
		 "mock_memory+mock_store/mock_anon/mock_calm@none");
	reads_as("mock_memory+mock_store/mock_anon/mock_calm@none:writers=4",
		 "mock_memory+mock_store/mock_anon/mock_calm@none:writers=4");
}

static void what_is_no_id_is_refused(void **state)
{
	static const char *const ids[] = {"",
					  "mock_memory",
					  "mock_memory/mock_anon",
					  "mock_memory/mock_anon/mock_calm",
					  "a@b",
					  "//",
					  "a/b@c"};
	char text[2 * CASE_ID_BYTES];

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		refuses(ids[i], "is not a case id");
	memset(text, 'x', sizeof(text));
	snprintf(text + CASE_ID_BYTES, CASE_ID_BYTES, "/mock_anon/mock_calm@none");
	refuses(text, "is not a case id");
}

static void unknown_parts_find_their_neighbours(void **state)
{
	refuses("mock_drect/mock_anon/mock_calm@none", "unknown workload 'mock_drect' (did you "
						       "mean mock_direct");
	refuses("mock_memory/mock_anno/mock_calm@none", "unknown backing 'mock_anno'");
	refuses("mock_memory/mock_anon/mock_clam@none", "unknown stressor 'mock_clam' (did you "
							"mean mock_calm");
	refuses("mock_memory/mock_anon/@none", "unknown stressor ''");
	refuses("mock_memory/mock_anon/mock_calm@mock_exx", "unknown file system 'mock_exx' (did "
							    "you mean mock_ext");
	refuses("mock_memory+/mock_anon/mock_calm@none", "unknown workload ''");
	refuses("mock_memory+mock_store+mock_fixed+mock_direct+mock_splice/mock_anon/"
		"mock_calm@none",
		"too many");
	refuses("mock_memory/mock_anon/mock_calm+mock_sync+mock_punch+mock_remap+mock_limits@none",
		"too many");
}

static void bad_options_are_refused(void **state)
{
	refuses("mock_memory/mock_anon/mock_calm@none:", "is not an option");
	refuses("mock_memory/mock_anon/mock_calm@none:depth", "'depth' is not an option");
	refuses("mock_memory/mock_anon/mock_calm@none:depth=8,depth=9", "depth is given twice");
	refuses("mock_memory/mock_anon/mock_calm@none:batch=8", "unknown option 'batch'");
	refuses("mock_fixed/mock_anon/mock_calm@mock_ext:batch=65", "from 1 to 64");
	refuses("mock_memory/mock_anon/mock_calm@none:deth=9", "did you mean depth");
}

static void the_page_cache_is_dirtied(void **state)
{
	struct case_spec spec = parsed("mock_store/mock_shared/mock_calm@mock_ext");

	assert_true(case_dirties_page_cache(&spec));
	assert_true(case_judges_memory(&spec));
	spec = parsed("mock_store/mock_private/mock_calm@mock_ext");
	assert_false(case_dirties_page_cache(&spec));
	spec = parsed("mock_memory/mock_memfd/mock_calm@none");
	assert_false(case_dirties_page_cache(&spec));
	assert_false(case_uses_file(&spec));
	spec = parsed("mock_buffered/mock_anon/mock_calm@mock_ext");
	assert_false(case_dirties_page_cache(&spec));
	assert_true(case_uses_file(&spec));
	spec = parsed("mock_buffered/mock_anon/mock_calm@mock_ext:way=out");
	assert_true(case_dirties_page_cache(&spec));
	assert_false(case_judges_memory(&spec));
}

static void everything_missing_is_named_at_once(void **state)
{
	struct case_spec spec =
		parsed("mock_unbuilt/mock_absent_memory/mock_absent@mock_absent_fs");
	char why[512], small[16];

	assert_int_equal(case_missing(&spec, why, sizeof(why)), 4);
	assert_string_equal(why, "mock_unbuilt was not built: libmock was not there; "
				 "mock_absent_memory: /dev/mock is absent (try: nothing); "
				 "mock_absent: /dev/mock is absent (try: nothing); "
				 "mock_absent_fs: /dev/mock is absent (try: nothing)");
	assert_int_equal(case_missing(&spec, small, sizeof(small)), 4);
	assert_int_equal(strlen(small), sizeof(small) - 1);
	assert_int_equal(case_missing(&spec, NULL, 0), 4);
	spec = parsed("mock_memory/mock_anon/mock_calm@none");
	assert_int_equal(case_missing(&spec, why, sizeof(why)), 0);
	assert_string_equal(why, "");
	spec = parsed("mock_memory/mock_anon/mock_superuser@none");
	assert_int_equal(case_missing(&spec, why, sizeof(why)), geteuid() == 0 ? 0 : 1);
	assert_string_equal(why, geteuid() == 0 ? "" : "mock_superuser needs root (try: sudo)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_canonical),
		cmocka_unit_test(seed_and_round_are_left_alone),
		cmocka_unit_test(the_default_way_is_in_where_there_is_one),
		cmocka_unit_test(a_slot_is_at_most_a_block),
		cmocka_unit_test(joined_workloads_have_a_writer_each),
		cmocka_unit_test(what_is_no_id_is_refused),
		cmocka_unit_test(unknown_parts_find_their_neighbours),
		cmocka_unit_test(bad_options_are_refused),
		cmocka_unit_test(the_page_cache_is_dirtied),
		cmocka_unit_test(everything_missing_is_named_at_once),
	};

	mock_tables();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
