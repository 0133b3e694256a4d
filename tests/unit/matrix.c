// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The matrix: which bundles share a column, which answer a cell has, which rows come first, and the
 * exit code of it all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "results/matrix.h"

enum { RECORDS = 8, PRINTED_BYTES = 8192 };

static char why[256];

static struct bundle bundle_of(const char *release, struct record *records, size_t count)
{
	struct bundle bundle = {
		.complete = true, .guest = true, .records = records, .count = count};

	snprintf(bundle.release, sizeof(bundle.release), "%s", release);
	snprintf(bundle.boot, sizeof(bundle.boot), "%s", BOOT_GOOD);
	return bundle;
}

static struct record record_of(const char *id, enum verdict verdict)
{
	struct record record = {.verdict = verdict, .round = 1};

	snprintf(record.case_id, sizeof(record.case_id), "%s", id);
	snprintf(record.reason, sizeof(record.reason), "because of %s", id);
	return record;
}

static struct record failed(const char *id, enum finding_kind kind)
{
	struct record record = record_of(id, VERDICT_FAIL);

	record.findings.count = 1;
	record.findings.row[0].kind = kind;
	return record;
}

static struct record refused(const char *id)
{
	struct record record = record_of(id, VERDICT_PASS);

	record.outcome = OUTCOME_REFUSED;
	return record;
}

static void make(struct matrix *matrix, const struct bundle *bundles, size_t count)
{
	if (matrix_make(matrix, bundles, count, why, sizeof(why)))
		fail_msg("%s", why);
}

static void three_answers_are_three_things(void **state)
{
	struct record old[] = {failed("a", FINDING_STALE), failed("b", FINDING_SPLAT),
			       record_of("c", VERDICT_SKIP), record_of("d", VERDICT_BROKEN)};
	struct record new[] = {refused("a"), record_of("b", VERDICT_PASS)};
	struct bundle bundles[] = {bundle_of("5.10", old, 4), bundle_of("6.12", new, 2)};
	struct matrix matrix;

	(void)state;
	make(&matrix, bundles, 2);
	assert_int_equal(matrix.columns, 2);
	assert_int_equal(matrix.rows, 4);
	assert_int_equal(matrix.row[0].cell[0].answer, ANSWER_LOST);
	assert_int_equal(matrix.row[0].cell[1].answer, ANSWER_REFUSED);
	assert_int_equal(matrix.row[1].cell[0].answer, ANSWER_FAIL);
	assert_int_equal(matrix.row[1].cell[1].answer, ANSWER_SAFE);
	assert_int_equal(matrix.row[2].cell[0].answer, ANSWER_SKIP);
	assert_int_equal(matrix.row[2].cell[1].answer, ANSWER_NONE);
	assert_int_equal(matrix.row[3].cell[0].answer, ANSWER_BROKEN);
	assert_int_equal(matrix_exit_code(&matrix), 1);
	matrix_free(&matrix);
}

static void differences_come_first(void **state)
{
	struct record one[] = {record_of("same", VERDICT_PASS), record_of("answered", VERDICT_SKIP),
			       record_of("zz_differs", VERDICT_PASS)};
	struct record two[] = {record_of("same", VERDICT_PASS), record_of("answered", VERDICT_PASS),
			       refused("zz_differs")};
	struct bundle bundles[] = {bundle_of("1", one, 3), bundle_of("2", two, 3)};
	struct matrix matrix;

	(void)state;
	make(&matrix, bundles, 2);
	assert_string_equal(matrix.row[0].case_id, "zz_differs");
	assert_int_equal(matrix.row[0].difference, DIFFERENCE_VERDICT);
	assert_string_equal(matrix.row[1].case_id, "answered");
	assert_int_equal(matrix.row[1].difference, DIFFERENCE_ANSWERED);
	assert_string_equal(matrix.row[2].case_id, "same");
	assert_int_equal(matrix.row[2].difference, DIFFERENCE_NONE);
	assert_int_equal(matrix_exit_code(&matrix), 0);
	matrix_free(&matrix);
}

static void the_worst_round_counts(void **state)
{
	struct record first[] = {record_of("a", VERDICT_PASS), failed("a", FINDING_LOST)};
	struct record second[] = {record_of("a", VERDICT_BROKEN)};
	struct bundle bundles[] = {bundle_of("6.1", first, 2), bundle_of("6.1", second, 1)};
	struct matrix matrix;

	(void)state;
	make(&matrix, bundles, 2);
	assert_int_equal(matrix.columns, 1);
	assert_int_equal(matrix.rows, 1);
	assert_int_equal(matrix.row[0].cell[0].answer, ANSWER_LOST);
	assert_ptr_equal(matrix.row[0].cell[0].record, &first[1]);
	matrix_free(&matrix);
}

static void configurations_are_columns(void **state)
{
	struct bundle bundles[] = {bundle_of("6.1", NULL, 0), bundle_of("6.1", NULL, 0),
				   bundle_of("6.1", NULL, 0), bundle_of("6.1", NULL, 0)};
	struct matrix matrix;

	(void)state;
	snprintf(bundles[1].append, sizeof(bundles[1].append), "thp=never");
	snprintf(bundles[2].sysctls, sizeof(bundles[2].sysctls), "vm.x=1");
	snprintf(bundles[3].version, sizeof(bundles[3].version), "#2 SMP");
	make(&matrix, bundles, 4);
	assert_int_equal(matrix.columns, 4);
	assert_string_equal(matrix.column[0].label, "6.1 #1");
	assert_string_equal(matrix.column[1].label, "6.1 thp=never");
	assert_string_equal(matrix.column[2].label, "6.1 vm.x=1");
	assert_string_equal(matrix.column[3].label, "6.1 #2");
	matrix_free(&matrix);
}

static void the_dead_are_told_apart_by_name(void **state)
{
	struct bundle bundles[] = {bundle_of("6.1", NULL, 0), bundle_of("6.1", NULL, 0)};
	struct matrix matrix;

	(void)state;
	snprintf(bundles[0].kernel, sizeof(bundles[0].kernel), "one/bzImage");
	snprintf(bundles[1].kernel, sizeof(bundles[1].kernel), "other/bzImage");
	make(&matrix, bundles, 2);
	assert_int_equal(matrix.columns, 2);
	matrix_free(&matrix);
	/* One that is up says more about itself than its name: here is the same build twice. */
	snprintf(bundles[0].version, sizeof(bundles[0].version), "#1 SMP");
	snprintf(bundles[1].version, sizeof(bundles[1].version), "#1 SMP");
	make(&matrix, bundles, 2);
	assert_int_equal(matrix.columns, 1);
	matrix_free(&matrix);
}

static void a_kernel_that_did_not_boot_says_so(void **state)
{
	struct record good[] = {record_of("a", VERDICT_PASS), record_of("b", VERDICT_PASS)};
	struct bundle bundles[] = {bundle_of("6.1", good, 2), bundle_of("6.2", NULL, 0),
				   bundle_of("6.3", good, 1)};
	char printed[PRINTED_BYTES] = "";
	FILE *out = fmemopen(printed, sizeof(printed), "w");
	struct matrix matrix;

	(void)state;
	assert_non_null(out);
	bundles[1].complete = bundles[2].complete = false;
	snprintf(bundles[1].boot, sizeof(bundles[1].boot), "panicked: \033[31mno init found");
	snprintf(bundles[2].boot, sizeof(bundles[2].boot), "hung: in b");
	make(&matrix, bundles, 3);
	assert_int_equal(matrix.row[0].cell[1].answer, ANSWER_NO_BOOT);
	assert_int_equal(matrix.row[1].cell[2].answer, ANSWER_NOT_RUN);
	assert_int_equal(matrix_exit_code(&matrix), 5);
	matrix_print(out, (struct report_style){.columns = 100}, &matrix);
	fclose(out);
	assert_non_null(strstr(printed, "did not boot: panicked: ?[31mno init found"));
	assert_non_null(strstr(printed, "no boot"));
	assert_null(strchr(printed, '\033'));
	matrix_free(&matrix);
}

static void exit_codes(void **state)
{
	struct record skipped[] = {record_of("a", VERDICT_SKIP)};
	struct record broken[] = {record_of("a", VERDICT_BROKEN)};
	struct bundle bundle = bundle_of("1", skipped, 1);
	struct matrix matrix;

	(void)state;
	make(&matrix, &bundle, 1);
	assert_int_equal(matrix_exit_code(&matrix), 4);
	matrix_free(&matrix);
	bundle = bundle_of("1", broken, 1);
	make(&matrix, &bundle, 1);
	assert_int_equal(matrix_exit_code(&matrix), 5);
	matrix_free(&matrix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_answers_are_three_things),
		cmocka_unit_test(differences_come_first),
		cmocka_unit_test(the_worst_round_counts),
		cmocka_unit_test(configurations_are_columns),
		cmocka_unit_test(the_dead_are_told_apart_by_name),
		cmocka_unit_test(a_kernel_that_did_not_boot_says_so),
		cmocka_unit_test(exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
