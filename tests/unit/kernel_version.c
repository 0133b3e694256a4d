// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/kernel_version.h"

static void assert_version(const char *release, const char *version, unsigned major, unsigned minor,
			   unsigned patch, unsigned candidate)
{
	struct kernel_version read;

	assert_true(kernel_version_of(&read, release, version));
	assert_int_equal(read.major, major);
	assert_int_equal(read.minor, minor);
	assert_int_equal(read.patch, patch);
	assert_int_equal(read.candidate, candidate);
}

static void strings_of_distributions(void **state)
{
	assert_version("5.10.223-1", "", 5, 10, 223, 0);
	assert_version("6.1.0-50-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-09-01)", 6,
		       1, 176, 0);
	assert_version("6.12.117+deb13-amd64",
		       "#1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1 (2026-10-01)", 6, 12, 117, 0);
	assert_version("7.2.13", "#1 SMP", 7, 2, 13, 0);
	assert_version("6.19-rc3", "#1 SMP", 6, 19, 0, 3);
	assert_version("6.19.0-rc3", "#1 SMP", 6, 19, 0, 3);
	assert_version("5.14.0-427.el9", "#1 SMP PREEMPT_DYNAMIC", 5, 14, 0, 0);
	assert_version("6.8.0-45-generic", "#45-Ubuntu SMP PREEMPT_DYNAMIC", 6, 8, 0, 0);
	assert_version("7.2", "", 7, 2, 0, 0);
	assert_version("6.19-rc3-amd64", "#1 SMP Debian 6.19~rc3-1~exp1 (2026-01-01)", 6, 19, 0, 3);
}

/* A kernel that was built by hand on a machine of that name is not the package's version. */
static void a_word_that_only_looks_like_the_package(void **state)
{
	assert_version("6.18.44", "#1 SMP me@Debian 12.9 ", 6, 18, 44, 0);
}

static void what_is_no_version(void **state)
{
	static const char *const texts[] = {"", "six", "6", "6.", "6-rc1", ".1", "-6.1"};
	struct kernel_version read;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(kernel_version_read(&read, texts[i]));
}

static int compared(const char *a, const char *b)
{
	struct kernel_version one, other;

	assert_true(kernel_version_read(&one, a));
	assert_true(kernel_version_read(&other, b));
	return kernel_version_compare(&one, &other);
}

static void order(void **state)
{
	static const char *const rising[] = {
		"4.19.300", "5.10.9",   "5.10.10",   "6.1",  "6.1.1",  "6.9.12", "6.18.44",
		"6.19-rc1", "6.19-rc3", "6.19-rc10", "6.19", "6.19.1", "7.2.13"};
	const size_t count = sizeof(rising) / sizeof(rising[0]);

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			int difference = compared(rising[i], rising[j]);

			assert_int_equal((difference > 0) - (difference < 0), (i > j) - (i < j));
		}
	}
}

static const struct kernel_range bad[4] = {{"5.7", "5.10.200"}, {"5.11", "6.1.37"}, {"6.2", "6.4"}};

static enum expectation expected(const char *text, bool reproduced)
{
	struct kernel_version version;

	assert_true(kernel_version_read(&version, text));
	return kernel_version_expect(&version, bad, 4, reproduced);
}

static void expectations(void **state)
{
	assert_int_equal(expected("5.10.199", true), EXPECT_AS_EXPECTED);
	assert_int_equal(expected("5.10.199", false), EXPECT_FIXED_EARLIER);
	assert_int_equal(expected("5.10.200", false), EXPECT_AS_EXPECTED);
	assert_int_equal(expected("5.10.200", true), EXPECT_STILL_BAD);
	assert_int_equal(expected("6.1.0", true), EXPECT_AS_EXPECTED);
	assert_int_equal(expected("6.4-rc1", true), EXPECT_AS_EXPECTED);
	assert_int_equal(expected("6.4", true), EXPECT_STILL_BAD);
	assert_int_equal(expected("5.6.19", true), EXPECT_NEW);
	assert_int_equal(expected("5.6.19", false), EXPECT_AS_EXPECTED);
}

/* Rows of a table that were not filled in are open at both ends, and mean nothing. */
static void no_ranges(void **state)
{
	static const struct kernel_range none[4];
	struct kernel_version version = {.major = 6, .minor = 18};

	assert_false(kernel_version_in(&version, none, 4));
	assert_int_equal(kernel_version_expect(&version, none, 4, true), EXPECT_NEW);
	assert_int_equal(kernel_version_expect(&version, none, 4, false), EXPECT_AS_EXPECTED);
}

static void open_ends(void **state)
{
	static const struct kernel_range before[1] = {{NULL, "6.5"}}, since[1] = {{"6.5", NULL}};
	struct kernel_version old = {.major = 6, .minor = 4}, new = {.major = 6, .minor = 5};

	assert_true(kernel_version_in(&old, before, 1));
	assert_false(kernel_version_in(&new, before, 1));
	assert_false(kernel_version_in(&old, since, 1));
	assert_true(kernel_version_in(&new, since, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_of_distributions),
		cmocka_unit_test(a_word_that_only_looks_like_the_package),
		cmocka_unit_test(what_is_no_version),
		cmocka_unit_test(order),
		cmocka_unit_test(expectations),
		cmocka_unit_test(no_ranges),
		cmocka_unit_test(open_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
