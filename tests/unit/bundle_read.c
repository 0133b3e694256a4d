// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading bundles: what a crash cut off is dropped, what a stranger sends is refused in one
 * sentence.
 */
#include <fcntl.h>

#include "tests/unit/bundle_place.h"

/* What a record must have. */
#define WHOLE                                                                                      \
	"{\"case\":\"c\",\"workload\":\"w\",\"backing\":\"b\",\"stressors\":[],"                   \
	"\"filesystem\":\"f\",\"seed\":1,\"verdict\":\"pass\""

/* It must be refused, in one sentence that has part in it. */
static void refused(const char *path, const char *part)
{
	struct bundle bundle;
	char why[512] = "";

	assert_int_equal(bundle_read(&bundle, path, why, sizeof(why)), -1);
	if (!strstr(why, part) || strchr(why, '\n'))
		fail_msg("\"%s\" does not say \"%s\"", why, part);
	assert_null(bundle.records);
}

static void write_file(const char *name, int flags, const char *text, size_t bytes)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", place.path, name);
	fd = open(path, O_WRONLY | O_CREAT | flags, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, bytes), bytes);
	close(fd);
}

static void a_cut_off_last_line_is_dropped(void **state)
{
	static const char cut[] = "{\"case\":\"odirect/file_sh";
	struct bundle bundle;

	(void)state;
	write_passes(2);
	write_file("cases.jsonl", O_APPEND, cut, strlen(cut));
	read_back(&bundle, place.path);
	assert_int_equal(bundle.count, 2);
	assert_false(bundle.complete);
	bundle_free(&bundle);
}

static void any_other_bad_line_is_an_error(void **state)
{
	static const char garbage[] = "{\"case\":\"odi\x01\xff\n";

	(void)state;
	write_passes(2);
	write_file("cases.jsonl", O_APPEND, garbage, strlen(garbage));
	write_file("cases.jsonl", O_APPEND, WHOLE "}\n", strlen(WHOLE "}\n"));
	refused(place.path, "cases.jsonl, line 5");
	write_file("cases.jsonl", O_TRUNC, "\n", 1);
	refused(place.path, "line 1");
	write_file("cases.jsonl", O_TRUNC, "[]\n", 3);
	refused(place.path, "not an object");
	write_file("cases.jsonl", O_TRUNC, "{\"case\":1}\n", 11);
	refused(place.path, "\"case\" is not a string");
	write_file("cases.jsonl", O_TRUNC, "{\"case\":\"a\"}", 12);
	refused(place.path, "\"workload\" is missing");
}

static void bad_values_are_errors_and_unknown_fields_are_not(void **state)
{
	static const struct {
		const char *line, *part;
	} bad[] = {
		{WHOLE ",\"ops\":-1}\n", "\"ops\""},
		{WHOLE ",\"ops\":1.5}\n", "\"ops\""},
		{WHOLE ",\"ops\":99999999999999999999}\n", "line 1"},
		{WHOLE ",\"outcome\":\"maybe\"}\n", "\"outcome\""},
		{WHOLE ",\"round\":4294967296}\n", "\"round\""},
		{WHOLE ",\"reason\":null}\n", "\"reason\""},
		{WHOLE ",\"reason\":\"\\u0000\"}\n", "line 1"},
		{WHOLE ",\"verdict\":\"fail\"}\n", "line 1"},
		{WHOLE ",\"findings\":[{\"kind\":\"odd\",\"count\":1}]}\n", "\"kind\""},
		{WHOLE ",\"findings\":[7]}\n", "not an object"},
		{WHOLE ",\"findings\":{}}\n", "not an array"},
		{WHOLE ",\"pins\":[]}\n", "\"pins\""},
		{WHOLE ",\"writeback\":{\"overlap\":1}}\n", "\"overlap\""},
	};
	static const char good[] = WHOLE ",\"later\":{\"and\":[1,2]}}\n";
	struct bundle bundle;

	(void)state;
	write_passes(0);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_file("cases.jsonl", O_TRUNC, bad[i].line, strlen(bad[i].line));
		refused(place.path, bad[i].part);
	}
	write_file("cases.jsonl", O_TRUNC, good, strlen(good));
	read_back(&bundle, place.path);
	assert_int_equal(bundle.count, 1);
	assert_int_equal(bundle.records[0].verdict, VERDICT_PASS);
	bundle_free(&bundle);
}

static void what_is_no_bundle_is_refused(void **state)
{
	static const char newer[] =
		"{\"schema\":2,\"complete\":true,\"kernel\":{\"release\":\"6\"}}";
	static const char none[] = "{\"complete\":true}";
	char path[256];

	(void)state;
	refused("/nonexistent", "not a bundle");
	write_passes(1);
	write_file("run.json", O_TRUNC, newer, strlen(newer));
	refused(place.path, "schema version 2");
	write_file("run.json", O_TRUNC, none, strlen(none));
	refused(place.path, "no schema version");
	write_file("run.json", O_TRUNC, "{", 1);
	refused(place.path, "run.json");
	snprintf(path, sizeof(path), "%s/run.json", place.path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused(place.path, "not a plain file");
}

static void too_large_is_refused(void **state)
{
	enum { LINE_BYTES = (4 << 20) + 1 };
	char *line = malloc(LINE_BYTES), path[256];

	(void)state;
	assert_non_null(line);
	write_passes(1);
	memset(line, ' ', LINE_BYTES);
	write_file("cases.jsonl", O_TRUNC, line, LINE_BYTES);
	free(line);
	refused(place.path, "4 MiB");
	snprintf(path, sizeof(path), "%s/cases.jsonl", place.path);
	assert_int_equal(truncate(path, (1ll << 30) + 1), 0);
	refused(place.path, "1 GiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACED(a_cut_off_last_line_is_dropped),
		PLACED(any_other_bad_line_is_an_error),
		PLACED(bad_values_are_errors_and_unknown_fields_are_not),
		PLACED(what_is_no_bundle_is_refused),
		PLACED(too_large_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
