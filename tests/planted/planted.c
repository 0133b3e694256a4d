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
#include "tests/planted/lies.h"

#define MOVE_NS       150000000ull
#define HANG_LIMIT_NS 1500000000ull
#define PATIENT_NS    30000000000ull

enum { NAME_BYTES = 200 };

static struct machine machine;
static struct scratch scratch;
static struct runner runner;
static bool is_root;

/* One case that lies, and what must come of it. */
struct expectation {
	char name[NAME_BYTES];
	char case_id[CASE_ID_BYTES];
	struct plan_of_lies lies;
	enum verdict verdict;
	enum finding_kind kind; /* of a fail */
	int view;               /* of the finding, or -1 for any */
	const char *reason;     /* a part of it, or NULL */
};

static void print_findings(const struct case_result *result)
{
	for (unsigned i = 0; i < result->findings.count; i++) {
		const struct finding *finding = &result->findings.row[i];

		print_message("  finding %s by %s, %llu slots\n", finding_word(finding->kind),
			      finding->has_view ? view_word(finding->view) : "nobody",
			      (unsigned long long)finding->count);
	}
}

static void check_case(void **state)
{
	const struct expectation *expected = *state;
	struct case_result *result = calloc(1, sizeof(*result));
	struct case_spec spec = {.seed = 0x5eed, .round = 1};
	struct kmsg_lines lines;
	char why[512] = "";

	assert_non_null(result);
	if (case_parse(&spec, expected->case_id, why, sizeof(why)))
		fail_msg("%s: %s", expected->case_id, why);
	if (case_missing(&spec, why, sizeof(why))) {
		print_message("skipped: %s\n", why);
		free(result);
		skip();
	}
	lies = expected->lies;
	runner.limit_ns = lies.lie == LIE_HANG ? HANG_LIMIT_NS : PATIENT_NS;
	assert_int_equal(runner_case(&runner, &spec, result, &lines), 0);
	lies_end_leak();
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
	free(result);
}

/* --- the list of expectations --- */

static struct CMUnitTest *tests;
static size_t test_count;

__attribute__((format(printf, 1, 2))) static struct expectation *add(const char *format, ...)
{
	struct expectation *expected = calloc(1, sizeof(*expected));
	va_list arguments;

	if (!expected)
		abort();
	va_start(arguments, format);
	vsnprintf(expected->case_id, sizeof(expected->case_id), format, arguments);
	va_end(arguments);
	expected->view = -1;
	expected->verdict = VERDICT_PASS;
	tests = realloc(tests, (test_count + 1) * sizeof(*tests));
	if (!tests)
		abort();
	tests[test_count++] = (struct CMUnitTest){
		.name = expected->name, .test_func = check_case, .initial_state = expected};
	return expected;
}

static void name(struct expectation *expected, const char *lie)
{
	snprintf(expected->name, NAME_BYTES, "%s: %.120s", lie, expected->case_id);
}

/* The lies about bytes, told by every real workload in each of its ways. */
static void add_lies_about_bytes(const char *filesystem)
{
	static const struct {
		const char *name;
		enum lie lie;
		enum verdict verdict;
		enum finding_kind kind;
		const char *reason;
	} rows[] = {
		{"no lie", LIE_NONE, VERDICT_PASS, FINDING_COUNT, NULL},
		{"flip a bit", LIE_FLIP, VERDICT_FAIL, FINDING_SCRAMBLED, NULL},
		{"keep an old generation", LIE_OLD, VERDICT_FAIL, FINDING_STALE, NULL},
		{"lose a slot", LIE_ZEROS, VERDICT_FAIL, FINDING_LOST, NULL},
		{"tear a slot", LIE_TEAR, VERDICT_FAIL, FINDING_TORN, NULL},
		{"swap two slots", LIE_SWAP, VERDICT_FAIL, FINDING_MISPLACED, NULL},
		{"another run's bytes", LIE_SEED, VERDICT_FAIL, FINDING_FOREIGN, NULL},
		{"a generation never issued", LIE_FUTURE, VERDICT_FAIL, FINDING_FOREIGN, NULL},
		{"return short", LIE_SHORT, VERDICT_BROKEN, FINDING_COUNT, "moved"},
		{"an unlisted error", LIE_ERROR, VERDICT_BROKEN, FINDING_COUNT, "cross-device"},
	};

	for_each_table (node, TABLE_WORKLOAD) {
		const struct workload *workload = TABLE_OF(node, workload);
		const char *where = workload->far == FAR_FILE ? filesystem : "none";

		if (strncmp(workload->name, "planted", 7) == 0)
			continue;
		for (unsigned way = WAY_IN; way <= WAY_OUT; way++) {
			if (!(workload->ways & way))
				continue;
			for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
				struct expectation *expected =
					add("%s/anon/quiet@%s:way=%s,region=65536", workload->name,
					    where, way_word(way));

				expected->lies.lie = rows[i].lie;
				expected->verdict = rows[i].verdict;
				expected->kind = rows[i].kind;
				expected->reason = rows[i].reason;
				name(expected, rows[i].name);
			}
		}
	}
}

static void add_wrong_parts(const char *filesystem)
{
	struct expectation *expected;

	expected = add("mmap_store/anon/quiet@none:region=65536");
	expected->lies.lie = LIE_HANG;
	expected->verdict = VERDICT_FAIL;
	expected->kind = FINDING_HANG;
	name(expected, "hang");

	expected = add("mmap_store/anon/quiet@none:region=65536");
	expected->lies.lie = LIE_CRASH;
	expected->verdict = VERDICT_BROKEN;
	expected->reason = "died of signal 9";
	name(expected, "crash");

	expected = add("mmap_store/anon/quiet@none:region=65536");
	expected->lies.lie = LIE_LEAK;
	expected->verdict = VERDICT_FAIL;
	expected->kind = FINDING_PIN_LEAK;
	name(expected, "leak a pin");

	expected = add("planted_lazy/anon/quiet@none:way=in,region=65536");
	expected->verdict = VERDICT_FAIL;
	expected->kind = FINDING_STALE;
	expected->view = VIEW_MAP;
	name(expected, "skip the work");

	expected = add("planted_lazy/anon/quiet@none:way=out,region=65536");
	expected->verdict = VERDICT_FAIL;
	expected->kind = FINDING_LOST;
	expected->view = VIEW_PEER;
	name(expected, "skip the work");

	expected = add("planted_unpinned/anon/quiet@none:region=65536");
	expected->verdict = VERDICT_BROKEN;
	expected->reason = "nothing was pinned";
	name(expected, "never pin");

	expected = add("planted_vanish/anon/quiet@none:region=65536");
	expected->verdict = VERDICT_BROKEN;
	expected->reason = "ended with code 0 while setup";
	name(expected, "vanish");

	expected = add("planted_refused/anon/quiet@none:region=65536");
	expected->verdict = VERDICT_BROKEN;
	expected->reason = "should be allowed";
	name(expected, "a refusal that nobody promised");

	expected = add("mmap_store/anon/planted_idle@none");
	expected->verdict = VERDICT_BROKEN;
	expected->reason = "no overlap";
	name(expected, "a stressor that does nothing");

	expected = add("mmap_store/anon/planted_failing@none");
	expected->verdict = VERDICT_BROKEN;
	expected->reason = "planted_failing";
	name(expected, "a stressor that fails");

	expected = add("buffered_write/anon/planted_undead@%s:way=out", filesystem);
	expected->verdict = VERDICT_FAIL;
	expected->kind = FINDING_RESURRECTED;
	name(expected, "a hole that was never punched");
}

/* What only root and a loop device can show. */
static void add_lies_of_views(void)
{
	static const enum view views[] = {VIEW_BUFFERED, VIEW_DEVICE, VIEW_DIRECT, VIEW_UNPINNED,
					  VIEW_REMOUNT};
	struct expectation *expected = add("mmap_store/file_shared/quiet@ext4:region=65536");

	expected->lies.lie = LIE_FSYNC;
	expected->verdict = VERDICT_FAIL;
	expected->kind = FINDING_STALE;
	expected->view = VIEW_DEVICE;
	name(expected, "an fsync that does nothing");

	for (unsigned i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		expected = add("mmap_store/file_shared/quiet@ext4:region=65536");
		expected->lies = (struct plan_of_lies){LIE_VIEW_ZEROS, views[i]};
		expected->verdict = VERDICT_FAIL;
		expected->kind = FINDING_LOST;
		expected->view = views[i];
		name(expected, "a view that shows zeros");

		expected = add("mmap_store/file_shared/quiet@ext4:region=65536");
		expected->lies = (struct plan_of_lies){LIE_VIEW_EIO, views[i]};
		expected->verdict = VERDICT_FAIL;
		expected->kind = FINDING_UNREADABLE;
		expected->view = views[i];
		name(expected, "a view that cannot be read");
	}
	expected = add("mmap_store/anon/planted_splat@none");
	expected->verdict = VERDICT_FAIL;
	expected->kind = FINDING_SPLAT;
	name(expected, "a splat in the kernel log");
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
	char directory[] = "/var/tmp/dirtypin-planted-XXXXXX";
	int failed;

	is_root = geteuid() == 0;
	if (!mkdtemp(directory) || make_scratch(directory))
		return 1;
	kmsg_open(&runner.kmsg, -1);
	runner.move_ns = MOVE_NS;
	add_lies_about_bytes(scratch.mount[0].filesystem->name);
	add_wrong_parts(scratch.mount[0].filesystem->name);
	if (is_root)
		add_lies_of_views();
	failed = _cmocka_run_group_tests("planted", tests, test_count, NULL, NULL);
	kmsg_close(&runner.kmsg);
	if (is_root && machine_close(&machine))
		print_message("%s\n", machine.why);
	rmdir(directory);
	return failed ? 1 : 0;
}
