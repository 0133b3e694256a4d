// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a bundle lies, and what stops it from being begun.
 */
#include <errno.h>

#include "tests/unit/bundle_place.h"

static void a_name_from_the_run(void **state)
{
	struct bundle_run run = plain_run;
	struct bundle_writer one, two;
	char parent[128], why[512];

	(void)state;
	run.label = "a/b c\xff";
	snprintf(parent, sizeof(parent), "%s/results/runs", place.directory);
	assert_int_equal(bundle_open(&one, parent, NULL, &run, why, sizeof(why)), 0);
	assert_int_equal(bundle_open(&two, parent, NULL, &run, why, sizeof(why)), 0);
	assert_string_not_equal(one.path, two.path);
	assert_string_not_equal(one.uuid, two.uuid);
	assert_int_equal(strncmp(one.path, parent, strlen(parent)), 0);
	assert_string_equal(one.path + strlen(one.path) - 7, "-a_b_c_");
	assert_int_equal(bundle_close(&one, true), 0);
	assert_int_equal(access(one.path, F_OK), 0);
	bundle_abandon(&two);
	assert_int_equal(access(two.temporary, F_OK), -1);
	assert_int_equal(access(two.path, F_OK), -1);
}

static void a_name_that_was_asked_for(void **state)
{
	struct bundle_writer writer;
	char why[512] = "", slash[160];

	(void)state;
	snprintf(slash, sizeof(slash), "%s/", place.path);
	assert_int_equal(mkdir(place.path, 0755), 0); /* empty: fine */
	assert_int_equal(bundle_open(&writer, "", slash, &plain_run, why, sizeof(why)), 0);
	assert_int_equal(bundle_close(&writer, true), 0);
	assert_string_equal(writer.path, place.path);
	assert_int_equal(bundle_open(&writer, "", place.path, &plain_run, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "not empty"));
	snprintf(slash, sizeof(slash), "%s/run.json", place.path);
	assert_int_equal(bundle_open(&writer, "", slash, &plain_run, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "not a directory"));
}

static void a_seed_that_json_cannot_hold_is_refused(void **state)
{
	struct bundle_run run = plain_run;
	struct bundle_writer writer;
	struct case_spec spec = spec_of(1);
	char why[512] = "";

	(void)state;
	run.seed = 1ull << 63;
	assert_int_equal(bundle_open(&writer, "", place.path, &run, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "seed"));
	open_bundle(&writer);
	spec.seed = 1ull << 63;
	assert_int_equal(bundle_case_started(&writer, &spec), -1);
	assert_int_equal(errno, EOVERFLOW);
	bundle_abandon(&writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACED(a_name_from_the_run),
		PLACED(a_name_that_was_asked_for),
		PLACED(a_seed_that_json_cannot_hold_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
