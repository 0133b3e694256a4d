// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Progress: off a terminal one plain line per case; on one a line that is rewritten, never longer
 * than the window, and what went wrong stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "results/report.h"

static const struct case_spec spec = {.id = "odirect/file_shared/sync_storm@ext4:way=in"};

/* What a run of one case per verdict, and one that was refused, prints. */
static char *run(struct report_style style)
{
	static struct case_result results[VERDICT_COUNT + 1];
	struct progress progress;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	progress_start(&progress, out, style, VERDICT_COUNT + 1);
	for (unsigned i = 0; i <= VERDICT_COUNT; i++) {
		results[i].verdict = i % VERDICT_COUNT;
		results[i].outcome = i == VERDICT_COUNT ? OUTCOME_REFUSED : OUTCOME_NONE;
		results[i].ops = 12345;
		snprintf(results[i].reason, sizeof(results[i].reason), "because\n%c", 7);
		progress_case(&progress, &spec);
		progress_ended(&progress, &spec, &results[i]);
	}
	progress_end(&progress);
	assert_int_equal(progress.refused, 1);
	assert_int_equal(progress.counts[VERDICT_PASS], 2);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void off_a_terminal_one_plain_line_per_case(void **state)
{
	char *text = run((struct report_style){.columns = 80}), *rest = text;
	static const char *const begins[] = {
		"pass  odirect/file_shared/sync_storm@ext4:way=in  (",
		"skip  odirect/file_shared/sync_storm@ext4:way=in: because ?",
		"broken  odirect/file_shared/sync_storm@ext4:way=in: because ?",
		"FAIL  odirect/file_shared/sync_storm@ext4:way=in: because ?",
		"pass  odirect/file_shared/sync_storm@ext4:way=in  (refused: because ?)"};

	(void)state;
	assert_null(strpbrk(text, "\r\033"));
	assert_non_null(strstr(text, " s, 12,345 ops)\n"));
	for (unsigned i = 0; i < 5; i++) {
		const char *line = strsep(&rest, "\n");

		assert_int_equal(strncmp(line, begins[i], strlen(begins[i])), 0);
	}
	assert_string_equal(rest, "");
	free(text);
}

static void on_a_terminal_only_what_went_wrong_stays(void **state)
{
	char *text = run((struct report_style){.tty = true, .columns = 80}), *rest = text, *line;
	unsigned lines = 0;

	(void)state;
	assert_non_null(strstr(text, "[2/5] 40%  ETA "));
	assert_non_null(strstr(text, " pass 1 skip 1  odirect/"));
	for (; (line = strsep(&rest, "\n")) && rest; lines++) {
		char *stays = strrchr(line, '\r');

		assert_non_null(stays);
		assert_true(strncmp(stays + 4, "FAIL  ", 6) == 0 ||
			    strncmp(stays + 4, "broken  ", 8) == 0);
	}
	assert_int_equal(lines, 2);
	free(text);
}

/* open_memstream() has no window, so COLUMNS decides. */
static void the_line_is_cut_to_the_window(void **state)
{
	char *text, *rest, *line;

	(void)state;
	setenv("COLUMNS", "30", 1);
	text = rest = run((struct report_style){.tty = true, .columns = 30});
	unsetenv("COLUMNS");
	while ((line = strsep(&rest, "\r"))) {
		if (!strncmp(line, "\033[K[", 4))
			assert_int_equal(strcspn(line + 3, "\n"), 29);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(off_a_terminal_one_plain_line_per_case),
		cmocka_unit_test(on_a_terminal_only_what_went_wrong_stays),
		cmocka_unit_test(the_line_is_cut_to_the_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
