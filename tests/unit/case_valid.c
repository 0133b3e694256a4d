// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One sentence per rule, and beside each a case that is next to it and makes sense: a rule that
 * refuses too much hides a question.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/mock_case.h"

static void makes_sense(const char *id)
{
	struct case_spec spec = parsed(id);
	char why[512] = "";

	if (!case_valid(&spec, why, sizeof(why)))
		fail_msg("%s: %s", id, why);
	assert_true(case_valid(&spec, NULL, 0));
}

static void makes_no_sense(const char *id, const char *part_of_sentence)
{
	struct case_spec spec = parsed(id);
	char why[512] = "";

	assert_false(case_valid(&spec, why, sizeof(why)));
	if (!strstr(why, part_of_sentence))
		fail_msg("%s: \"%s\" does not say \"%s\"", id, why, part_of_sentence);
	assert_false(case_valid(&spec, NULL, 0));
}

static void ways_are_kept(void **state)
{
	makes_sense("mock_memory/mock_anon/mock_calm@none:way=out");
	makes_no_sense("mock_store/mock_anon/mock_calm@none:way=out", "mock_store has no way=out");
	makes_no_sense("mock_splice/mock_anon/mock_calm@none:way=in", "mock_splice has no way=in");
	makes_no_sense("mock_store+mock_splice/mock_anon/mock_calm@none", "has no way=out");
	makes_sense("mock_memory+mock_fixed/mock_anon/mock_calm@mock_ext");
	makes_no_sense("mock_memory+mock_fixed/mock_anon/mock_calm@mock_ext:way=out",
		       "different far ends");
}

static void a_file_system_is_there_exactly_for_a_file(void **state)
{
	makes_sense("mock_memory/mock_shared/mock_calm@mock_ext");
	makes_sense("mock_memory/mock_private/mock_calm@mock_tmp");
	makes_no_sense("mock_memory/mock_shared/mock_calm@none", "mock_shared keeps a file");
	makes_no_sense("mock_memory+mock_fixed/mock_anon/mock_calm@none",
		       "mock_fixed keeps a file");
	makes_no_sense("mock_memory/mock_anon/mock_calm@mock_ext", "keeps no file on mock_ext");
	makes_no_sense("mock_memory/mock_memfd/mock_calm@mock_tmp", "keeps no file on mock_tmp");
	makes_sense("mock_fixed/mock_shared/mock_calm@mock_ext:apart=1");
	makes_no_sense("mock_memory/mock_shared/mock_calm@mock_ext:apart=1", "apart=1 needs");
	makes_no_sense("mock_fixed/mock_anon/mock_calm@mock_ext:apart=1", "apart=1 needs");
}

static void needs_are_met_or_named(void **state)
{
	/* A file: the far one of way=out, or that of a shared mapping, both ways. */
	makes_sense("mock_memory/mock_memfd/mock_punch@none");
	makes_sense("mock_memory/mock_memfd/mock_punch@none:way=out");
	makes_sense("mock_fixed/mock_anon/mock_punch@mock_ext:way=out");
	makes_no_sense("mock_fixed/mock_anon/mock_punch@mock_ext", "mock_punch needs a file");
	makes_no_sense("mock_memory/mock_private/mock_punch@mock_ext", "mock_punch needs a file");
	/* On a disk. */
	makes_sense("mock_memory/mock_shared/mock_sync@mock_ext");
	makes_sense("mock_fixed/mock_anon/mock_sync@mock_ext:way=out");
	makes_no_sense("mock_memory/mock_memfd/mock_sync@none", "judged file on a block device");
	makes_no_sense("mock_memory/mock_shared/mock_sync@mock_tmp", "judged file on a block");
	/* A mapping of it. */
	makes_sense("mock_memory/mock_shared/mock_remap@mock_tmp");
	makes_no_sense("mock_memory/mock_memfd/mock_remap@none", "a shared mapping");
	makes_no_sense("mock_fixed/mock_anon/mock_remap@mock_ext:way=out", "a shared mapping");
	/* Dirtied through the page cache. */
	makes_sense("mock_memory/mock_shared/mock_limits@mock_ext");
	makes_sense("mock_buffered/mock_anon/mock_limits@mock_ext:way=out");
	makes_no_sense("mock_memory/mock_shared/mock_limits@mock_ext:way=out", "page cache");
	makes_no_sense("mock_fixed/mock_anon/mock_limits@mock_ext:way=out", "page cache");
	makes_no_sense("mock_memory/mock_shared/mock_limits@mock_tmp", "page cache");
	/* The others. */
	makes_sense("mock_fixed/mock_anon/mock_freeze@mock_ext");
	makes_no_sense("mock_fixed/mock_anon/mock_freeze@mock_tmp", "on a block device");
	makes_sense("mock_memory/mock_anon/mock_source@none:way=out");
	makes_no_sense("mock_memory/mock_anon/mock_source@none", "mock_source needs way=out");
	makes_sense("mock_fixed/mock_anon/mock_calm@mock_tmp");
	makes_no_sense("mock_direct/mock_anon/mock_calm@mock_tmp", "O_DIRECT reaches a device");
	makes_no_sense("mock_memory/mock_anon/mock_calm+mock_punch@none", "mock_punch needs");
	/* Whoever lacks the rights lacks something on this machine; the case makes sense. */
	makes_sense("mock_memory/mock_anon/mock_superuser@none");
}

static void sizes_agree(void **state)
{
	makes_sense("mock_fixed/mock_anon/mock_calm@mock_ext:block=512");
	makes_no_sense("mock_fixed/mock_anon/mock_calm@mock_bt:block=512", "multiple of the 4096");
	makes_sense("mock_fixed/mock_anon/mock_calm@mock_tmp:block=512");
	makes_sense("mock_buffered/mock_anon/mock_calm@mock_bt:block=512");
	makes_no_sense("mock_memory/mock_anon/mock_calm@none:block=128K,region=64K",
		       "block=131072 is larger than region=65536");
	makes_no_sense("mock_memory/mock_anon/mock_calm@none:block=64K,region=64K,writers=2",
		       "too small for 2 writers");
	makes_no_sense("mock_memory/mock_memfd/mock_writer@none:block=32K,region=64K",
		       "none for a stressor that writes");
	makes_sense("mock_memory/mock_memfd/mock_writer@none:block=16K,region=64K,writers=3");
	makes_no_sense("mock_memory/mock_memfd/mock_writer@none:block=16K,region=64K,writers=4",
		       "too small for 4 writers");
}

static void huge_pages_are_whole(void **state)
{
	static const struct backing hugetlb = {.name = "hugetlb"}, thp = {.name = "anon_thp"};
	struct case_spec spec = parsed("mock_memory/mock_anon/mock_calm@none:region=1M");
	char why[256];

	assert_true(case_valid(&spec, why, sizeof(why)));
	spec.backing = &hugetlb;
	assert_false(case_valid(&spec, why, sizeof(why)));
	assert_non_null(strstr(why, "whole huge pages"));
	spec.backing = &thp;
	assert_false(case_valid(&spec, why, sizeof(why)));
	option_put(&spec.options, "region", 4 << 20);
	assert_true(case_valid(&spec, why, sizeof(why)));
}

static void values_that_were_put_are_checked_too(void **state)
{
	struct case_spec spec = parsed("mock_memory+mock_store/mock_anon/mock_calm@none");
	char why[256];

	option_put(&spec.options, "slot", 8192);
	assert_false(case_valid(&spec, why, sizeof(why)));
	assert_non_null(strstr(why, "slot=8192 is larger than block=4096"));
	case_complete(&spec);
	assert_true(case_valid(&spec, why, sizeof(why)));
	option_put(&spec.options, "writers", 1);
	assert_false(case_valid(&spec, why, sizeof(why)));
	assert_non_null(strstr(why, "writers=1"));
}

static void parts_join_once_and_quiet_stands_alone(void **state)
{
	makes_sense("mock_memory/mock_anon/quiet@none");
	makes_no_sense("mock_memory/mock_anon/quiet+mock_calm@none", "quiet");
	makes_no_sense("mock_memory/mock_anon/mock_calm+mock_calm@none", "joined to itself");
	makes_no_sense("mock_memory+mock_memory/mock_anon/mock_calm@none", "try: writers=2");
	makes_sense("mock_memory+mock_store/mock_anon/mock_calm+mock_absent@none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ways_are_kept),
		cmocka_unit_test(a_file_system_is_there_exactly_for_a_file),
		cmocka_unit_test(needs_are_met_or_named),
		cmocka_unit_test(sizes_agree),
		cmocka_unit_test(huge_pages_are_whole),
		cmocka_unit_test(values_that_were_put_are_checked_too),
		cmocka_unit_test(parts_join_once_and_quiet_stands_alone),
	};

	mock_tables();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
