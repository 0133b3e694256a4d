// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The report fits the terminal, counts right, and never passes on what could drive a terminal; the
 * exit code is the one that scripts rely on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "results/report.h"

enum { RECORDS_LIMIT = 2000, TEXT_BYTES = 1 << 20 };

static const char *const filesystems[] = {"btrfs", "btrfs_nodatasum", "ext4", "ext4_journal",
					  "none",  "tmpfs",           "xfs"};
static const char *const workloads[] = {"odirect", "process_vm_writev", "uring_fixed",
					"uring_fixed+vmsplice"};
static const char *const backings[] = {"anon", "file_private", "file_shared"};

static struct record records[RECORDS_LIMIT];
static struct bundle bundle;

static int empty_bundle(void **state)
{
	(void)state;
	memset(records, 0, sizeof(records));
	bundle = (struct bundle){.complete = true,
				 .release = "6.18.44",
				 .host = "box",
				 .seed = 0x5eed,
				 .duration_ns = 97600000000,
				 .records = records};
	return 0;
}

static struct record *add(const char *workload, const char *backing, const char *filesystem,
			  enum verdict verdict)
{
	struct record *record = &records[bundle.count++];

	assert_true(bundle.count <= RECORDS_LIMIT);
	record->verdict = verdict;
	record->round = 1;
	snprintf(record->workload, sizeof(record->workload), "%s", workload);
	snprintf(record->backing, sizeof(record->backing), "%s", backing);
	snprintf(record->filesystem, sizeof(record->filesystem), "%s", filesystem);
	snprintf(record->stressors, sizeof(record->stressors), "sync_storm");
	snprintf(record->case_id, sizeof(record->case_id), "%s/%s/sync_storm@%s:depth=1", workload,
		 backing, filesystem);
	return record;
}

/* Every cell of a large table, with two-digit counts and every verdict. */
static void fill_all(void)
{
	static const unsigned times[VERDICT_COUNT] = {11, 3, 2, 1};

	for (unsigned w = 0; w < 4; w++) {
		for (unsigned b = 0; b < 3; b++) {
			for (unsigned f = 0; f < 7; f++) {
				for (unsigned i = 0; i < times[(w + b + f) % VERDICT_COUNT]; i++)
					add(workloads[w], backings[b], filesystems[f],
					    (w + b + f) % VERDICT_COUNT);
			}
		}
	}
}

static char *print(struct report_style style)
{
	char *text = calloc(1, TEXT_BYTES);
	FILE *out;

	assert_non_null(text);
	out = fmemopen(text, TEXT_BYTES, "w");
	assert_non_null(out);
	report_print(out, style, &bundle, "results/runs/x");
	assert_int_equal(fclose(out), 0);
	return text;
}

/* The longest line, in characters, of those before the first list of cases. */
static size_t width_of_tables(char *text)
{
	char *end = strstr(text, "\nfailed\n"), *line, *rest = text;
	size_t widest = 0;

	assert_non_null(end);
	*end = '\0';
	while ((line = strsep(&rest, "\n"))) {
		size_t width = 0;

		for (; *line; line++)
			width += (*line & 0xc0) != 0x80;
		widest = width > widest ? width : widest;
	}
	return widest;
}

static void assert_says(struct report_style style, const char *part)
{
	char *text = print(style);

	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
	free(text);
}

static const struct report_style plain = {.columns = 80};

static void tables_fit_the_terminal(void **state)
{
	static const unsigned columns[] = {40, 60, 80, 100, 132, 200};

	(void)state;
	fill_all();
	for (unsigned i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		for (int utf8 = 0; utf8 < 2; utf8++) {
			char *text =
				print((struct report_style){.columns = columns[i], .utf8 = utf8});

			assert_true(width_of_tables(text) <= columns[i]);
			free(text);
		}
	}
}

/* Seven file systems stand side by side in 80 columns: each name begins on one header line. */
static void seven_file_systems_in_eighty_columns(void **state)
{
	char *text, *table, *line;

	(void)state;
	fill_all();
	text = print(plain);
	table = strstr(text, "workload / backing");
	assert_non_null(table);
	line = strchr(table, '\n') + 1;
	*strchr(line, '\n') = '\0';
	assert_non_null(strstr(line, "btrfs"));
	assert_non_null(strstr(line, "xfs"));
	assert_non_null(strstr(line, "none"));
	free(text);
}

static void very_narrow_is_no_crash(void **state)
{
	(void)state;
	fill_all();
	for (unsigned columns = 0; columns < 24; columns++)
		free(print((struct report_style){.columns = columns}));
}

static void cells_show_the_worst(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 12; i++)
		add("odirect", "anon", "ext4", VERDICT_PASS);
	assert_says(plain, "pass 12");
	add("odirect", "anon", "ext4", VERDICT_SKIP);
	assert_says(plain, "pass 12/13");
	add("odirect", "anon", "ext4", VERDICT_BROKEN);
	assert_says(plain, "broken 1/14");
	add("odirect", "anon", "ext4", VERDICT_FAIL);
	assert_says(plain, "FAIL 1/15");
	add("odirect", "anon", "xfs", VERDICT_PASS)->outcome = OUTCOME_REFUSED;
	assert_says(plain, "refused 1\n");
	add("odirect", "memfd", "xfs", VERDICT_SKIP);
	assert_says(plain, "odirect/memfd  .          skip 1\n");
	assert_says(plain, "17 cases: 13 passed (1 refused), 2 skipped, 1 broken, 1 failed in 98 "
			   "s;");
}

static void bad_cases_come_with_a_replay(void **state)
{
	struct record *record = add("odirect", "anon", "ext4", VERDICT_FAIL);
	struct finding finding = {.kind = FINDING_PIN_LEAK, .count = 3};

	(void)state;
	snprintf(record->reason, sizeof(record->reason), "16 slots stale");
	findings_add(&record->findings, &finding);
	assert_says(plain, "    16 slots stale\n    3 pins never given back\n"
			   "    ./run.sh replay results/runs/x "
			   "'odirect/anon/sync_storm@ext4:depth=1'\n");
	snprintf(record->case_id, sizeof(record->case_id), "it's; rm -r");
	assert_says(plain, "./run.sh replay results/runs/x 'it'\\''s; rm -r'\n");
}

static void skips_are_summed_by_reason(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		snprintf(add("rdma_mr", "anon", "none", VERDICT_SKIP)->reason, REASON_BYTES, "%s",
			 i == 1 ? "no huge pages" : "no RDMA device");
	assert_says(plain, "\nskipped\n  4 x no RDMA device\n  1 x no huge pages\n");
}

static void strangers_do_not_drive_the_terminal(void **state)
{
	struct record *record = add("odi\x1b[2Jrect", "anon", "ext\x1b]4", VERDICT_FAIL);
	char *text;

	(void)state;
	snprintf(record->reason, sizeof(record->reason), "a\x1b[31m\nb\xc2\x9b");
	snprintf(record->stressors, sizeof(record->stressors), "\x07");
	snprintf(bundle.host, sizeof(bundle.host), "\x1b[0m");
	text = print(plain);
	assert_null(strchr(text, '\x1b'));
	assert_null(strchr(text, '\x07'));
	assert_null(strstr(text, "\xc2\x9b"));
	free(text);
}

static void colour_only_when_asked_for(void **state)
{
	(void)state;
	fill_all();
	assert_says((struct report_style){.columns = 80, .colour = true}, "\033[1;31mFAIL");
}

static void exit_codes(void **state)
{
	(void)state;
	assert_int_equal(report_exit_code(&bundle), 4);
	add("odirect", "anon", "ext4", VERDICT_SKIP);
	assert_int_equal(report_exit_code(&bundle), 4);
	add("odirect", "anon", "ext4", VERDICT_PASS);
	assert_int_equal(report_exit_code(&bundle), 0);
	add("odirect", "anon", "ext4", VERDICT_BROKEN);
	assert_int_equal(report_exit_code(&bundle), 5);
	add("odirect", "anon", "ext4", VERDICT_FAIL);
	assert_int_equal(report_exit_code(&bundle), 1);
}

static void an_empty_or_partial_bundle_says_so(void **state)
{
	(void)state;
	assert_says(plain, "0 cases: 0 passed");
	bundle.complete = false;
	bundle.planned = 12;
	assert_says(plain, "incomplete: the run did not end; 0 of 12 planned cases began");
}

static void evidence_is_summed(void **state)
{
	struct record *record = add("odirect", "anon", "ext4", VERDICT_PASS);

	(void)state;
	record->ops = 1234000;
	record->pins_counted = record->overlap = record->page_cache = true;
	add("odirect", "anon", "ext4", VERDICT_PASS)->ops = 567;
	assert_says((struct report_style){.columns = 200},
		    "evidence: 1,234,567 ops, 100 % of them");
	record->ops = INT64_MAX;
	assert_says(plain, "evidence: 9,223,372,036,854,776,374 ops");
}

#define EMPTY(test) cmocka_unit_test_setup(test, empty_bundle)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EMPTY(tables_fit_the_terminal),
		EMPTY(seven_file_systems_in_eighty_columns),
		EMPTY(very_narrow_is_no_crash),
		EMPTY(cells_show_the_worst),
		EMPTY(bad_cases_come_with_a_replay),
		EMPTY(skips_are_summed_by_reason),
		EMPTY(strangers_do_not_drive_the_terminal),
		EMPTY(colour_only_when_asked_for),
		EMPTY(exit_codes),
		EMPTY(an_empty_or_partial_bundle_says_so),
		EMPTY(evidence_is_summed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
