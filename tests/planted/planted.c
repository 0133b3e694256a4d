// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every lie must earn its exact verdict and finding, seen by the right view; and the same cases
 * without the lie must pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/runner.h"
#include "tests/planted/expectations.h"

#define MOVE_NS       150000000ull
#define HANG_LIMIT_NS 1500000000ull
#define PATIENT_NS    30000000000ull

static struct machine machine;
static struct scratch scratch;
static struct runner runner;
static bool is_root;

static void print_findings(const struct case_result *result)
{
	for (unsigned i = 0; i < result->findings.count; i++) {
		const struct finding *finding = &result->findings.row[i];

		print_message("  finding %s by %s, %llu slots\n", finding_word(finding->kind),
			      finding->has_view ? view_word(finding->view) : "nobody",
			      (unsigned long long)finding->count);
	}
}

/* The pin counters are the system's: another process that pins at the same time may hide a lie
 * about them, but not time and again. */
static unsigned tries_for(const struct expectation *expected)
{
	bool about_pins = expected->lies.lie == LIE_LEAK || expected->lies.lie == LIE_LEAK_ONCE ||
			  strstr(expected->case_id, "planted_unpinned");

	return about_pins ? 4 : 1;
}

static void check_case(void **state)
{
	const struct expectation *expected = *state;
	static struct case_result found;
	struct case_result *result = &found;
	struct case_spec spec = {.seed = 0x5eed, .round = 1};
	struct kmsg_lines lines;
	char why[512] = "";

	if (case_parse(&spec, expected->case_id, why, sizeof(why)))
		fail_msg("%s: %s", expected->case_id, why);
	if (case_missing(&spec, why, sizeof(why))) {
		print_message("skipped: %s\n", why);
		skip();
	}
	lies = expected->lies;
	runner.limit_ns = lies.lie == LIE_HANG ? HANG_LIMIT_NS : PATIENT_NS;
	for (unsigned tries = tries_for(expected); tries > 0; tries--) {
		assert_int_equal(runner_case(&runner, &spec, result, &lines), 0);
		lies_end_leak();
		if (result->verdict == expected->verdict)
			break;
	}
	print_message("  %s after %llu ops: %s\n", verdict_word(result->verdict),
		      (unsigned long long)result->ops, result->reason);
	print_findings(result);
	assert_string_equal(verdict_word(result->verdict), verdict_word(expected->verdict));
	if (expected->reason)
		assert_non_null(strstr(result->reason, expected->reason));
	if (expected->verdict == VERDICT_FAIL) {
		assert_true(result->findings.count > 0);
		assert_string_equal(finding_word(result->findings.row[0].kind),
				    finding_word(expected->kind));
		if (expected->view >= 0)
			assert_string_equal(view_word(result->findings.row[0].view),
					    view_word(expected->view));
	}
}

static int make_scratch(const char *directory)
{
	char images[PATH_BYTES];
	const struct filesystem *ext4 = filesystem_find("ext4");

	snprintf(images, sizeof(images), "%s/images", directory);
	if (is_root) {
		if (machine_open(&machine) < 0) {
			print_message("%s\n", machine.why);
			return -1;
		}
		runner.machine = &machine;
		if (scratch_make(&scratch, &machine, images, &ext4, 1)) {
			print_message("%s\n", machine.why);
			return -1;
		}
	} else if (scratch_use(&scratch, NULL, directory)) {
		return -1;
	}
	if (scratch.mount[0].missing[0]) {
		print_message("%s\n", scratch.mount[0].missing);
		return -1;
	}
	runner.scratch = &scratch;
	return 0;
}

int main(void)
{
	static struct expectation expectations[EXPECTATIONS];
	static struct CMUnitTest tests[EXPECTATIONS];
	char directory[] = "/var/tmp/dirtypin-planted-XXXXXX";
	size_t count;
	int failed;

	is_root = geteuid() == 0;
	if (!mkdtemp(directory) || make_scratch(directory))
		return 1;
	kmsg_open(&runner.kmsg, -1);
	runner.move_ns = MOVE_NS;
	count = expectations_list(expectations, scratch.mount[0].filesystem->name, is_root);
	for (size_t i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){.name = expectations[i].name,
					       .test_func = check_case,
					       .initial_state = &expectations[i]};
	failed = _cmocka_run_group_tests("planted", tests, count, NULL, NULL);
	kmsg_close(&runner.kmsg);
	if (is_root && machine_close(&machine))
		print_message("%s\n", machine.why);
	rmdir(directory);
	return failed ? 1 : 0;
}
