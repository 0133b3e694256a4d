// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writing bundles: what is written is read back, and what a crash leaves is the truth.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/bundle_place.h"

#include <jansson.h>

static json_t *load(const char *name, size_t line)
{
	char path[256], *text = NULL;
	size_t size = 0;
	json_t *json;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", place.path, name);
	file = fopen(path, "r");
	assert_non_null(file);
	if (!line) {
		json = json_loadf(file, 0, NULL);
	} else {
		while (line--)
			assert_true(getline(&text, &size, file) > 0);
		json = json_loads(text, 0, NULL);
	}
	free(text);
	fclose(file);
	assert_non_null(json);
	return json;
}

static void fill(struct case_result *result)
{
	struct finding finding = {.kind = FINDING_STALE,
				  .view = VIEW_DEVICE,
				  .has_view = true,
				  .subject = 1,
				  .count = 16,
				  .first_offset = 1ull << 40,
				  .bytes = 65536,
				  .expected_generation = UINT32_MAX,
				  .found_generation = 1,
				  .first_byte = 3,
				  .last_byte = 4095,
				  .found_offset = 12,
				  .found_writer = 2};

	result->outcome = OUTCOME_DATA;
	snprintf(result->reason, sizeof(result->reason), "16 slots stale");
	findings_add(&result->findings, &finding);
	finding = (struct finding){.kind = FINDING_PIN_LEAK, .count = 3};
	findings_add(&result->findings, &finding);
	result->ops = 1ull << 60;
	result->bytes = 80871424;
	result->duration_ns = 2000000000;
	result->pins_acquired = 64;
	result->pins_released = 61;
	result->pins_leaked = 3;
	result->page_cache_subject = true;
	result->writeback.method = WRITEBACK_TRACEFS;
	result->writeback.overlapped_ops = 7;
	result->views_compared[VIEW_MAP] = 99;
	hist_add(&result->latency, 1000);
	hist_add(&result->latency, 1000);
	result->stress_count = 1;
	snprintf(result->stress[0].name, sizeof(result->stress[0].name), "sync_storm");
	result->stress[0].bites = 5;
}

static void assert_same_finding(const struct finding *one, const struct finding *two)
{
	assert_true(one->kind == two->kind && one->view == two->view);
	assert_int_equal(one->has_view, two->has_view);
	assert_int_equal(one->subject, two->subject);
	assert_true(one->count == two->count && one->first_offset == two->first_offset &&
		    one->bytes == two->bytes && one->found_offset == two->found_offset);
	assert_int_equal(one->expected_generation, two->expected_generation);
	assert_int_equal(one->found_generation, two->found_generation);
	assert_int_equal(one->first_byte, two->first_byte);
	assert_int_equal(one->last_byte, two->last_byte);
	assert_int_equal(one->found_writer, two->found_writer);
}

static void what_is_written_is_read_back(void **state)
{
	struct case_spec spec = spec_of(4);
	struct case_result *result = result_of(VERDICT_FAIL);
	struct bundle_writer writer;
	struct bundle bundle;
	struct record *record;

	(void)state;
	fill(result);
	open_bundle(&writer);
	assert_int_equal(bundle_case_started(&writer, &spec), 0);
	assert_int_equal(bundle_case_ended(&writer, &spec, result, NULL), 0);
	assert_int_equal(bundle_close(&writer, true), 0);
	assert_string_equal(writer.path, place.path);
	read_back(&bundle, place.path);
	assert_true(bundle.complete);
	assert_int_equal(bundle.seed, 0x5eed);
	assert_int_equal(bundle.planned, 3);
	assert_int_equal(bundle.count, 1);
	record = &bundle.records[0];
	assert_string_equal(record->case_id, spec.id);
	assert_string_equal(record->workload, "odirect+odirect");
	assert_string_equal(record->backing, "file_shared");
	assert_string_equal(record->stressors, "sync_storm");
	assert_string_equal(record->filesystem, "ext4");
	assert_int_equal(record->verdict, VERDICT_FAIL);
	assert_int_equal(record->outcome, OUTCOME_DATA);
	assert_string_equal(record->reason, "16 slots stale");
	assert_true(record->seed == INT64_MAX - 1);
	assert_int_equal(record->round, 4);
	assert_true(record->ops == 1ull << 60);
	assert_int_equal(record->bytes, 80871424);
	assert_int_equal(record->duration_ns, 2000000000);
	assert_true(record->pins_counted && record->overlap && record->page_cache);
	assert_int_equal(record->findings.count, 2);
	for (unsigned i = 0; i < 2; i++)
		assert_same_finding(&record->findings.row[i], &result->findings.row[i]);
	bundle_free(&bundle);
}

static void a_record_has_the_promised_fields(void **state)
{
	struct case_spec spec = spec_of(1);
	struct case_result *result = result_of(VERDICT_FAIL);
	struct bundle_writer writer;
	const char *kind = NULL, *way = NULL, *expect = NULL, *method = NULL;
	json_t *json;
	json_int_t block, leaked, p50, low, count, map;
	double rate;
	int overlap;

	(void)state;
	fill(result);
	open_bundle(&writer);
	assert_int_equal(bundle_case_ended(&writer, &spec, result, NULL), 0);
	assert_int_equal(bundle_close(&writer, true), 0);
	json = load("cases.jsonl", 1);
	assert_int_equal(
		json_unpack(json,
			    "{s:{s:I,s:s}, s:[{s:s}*], s:{s:I}, s:{s:I, s:[[I,I]]}, s:F, s:{s:I},"
			    " s:{s:s}, s:{s:b, s:s}}",
			    "options", "block", &block, "way", &way, "findings", "kind", &kind,
			    "pins", "leaked", &leaked, "latency_ns", "p50", &p50, "buckets", &low,
			    &count, "throughput_bytes_per_s", &rate, "views", "map", &map,
			    "promise", "expect", &expect, "writeback", "overlap", &overlap,
			    "method", &method),
		0);
	assert_int_equal(block, 65536);
	assert_string_equal(way, "out");
	assert_string_equal(kind, "stale");
	assert_string_equal(expect, "unknown");
	assert_string_equal(method, "tracefs");
	assert_int_equal(leaked, 3);
	assert_int_equal(count, 2);
	assert_true(low <= 1000 && p50 >= low);
	assert_true(rate > 40435711 && rate < 40435713);
	assert_int_equal(map, 99);
	assert_true(overlap);
	json_decref(json);
}

static void run_json_tells_of_the_machine_and_counts(void **state)
{
	struct bundle_writer writer;
	struct case_spec spec = spec_of(1);
	const char *release = NULL, *version = NULL, *virtualisation = NULL;
	int complete = 0, pass, skip, broken, fail, refused_count, schema;
	json_t *json;

	(void)state;
	open_bundle(&writer);
	assert_int_equal(bundle_case_ended(&writer, &spec, result_of(VERDICT_PASS), NULL), 0);
	spec.round = 2;
	{
		struct case_result *result = result_of(VERDICT_PASS);

		result->outcome = OUTCOME_REFUSED;
		result->refused_errno = EFAULT;
		assert_int_equal(bundle_case_ended(&writer, &spec, result, NULL), 0);
	}
	spec.round = 3;
	assert_int_equal(bundle_case_ended(&writer, &spec, result_of(VERDICT_SKIP), NULL), 0);
	spec.round = 4;
	assert_int_equal(bundle_case_started(&writer, &spec), 0); /* and never ended */
	assert_int_equal(bundle_close(&writer, true), 0);
	json = load("run.json", 0);
	assert_int_equal(
		json_unpack(json,
			    "{s:i, s:b, s:{s:s, s:s}, s:s, s:{s:i, s:i, s:i, s:i, s:i}, s:{s:i}}",
			    "schema", &schema, "complete", &complete, "kernel", "release", &release,
			    "version", &version, "virtualisation", &virtualisation, "counts",
			    "pass", &pass, "skip", &skip, "broken", &broken, "fail", &fail,
			    "refused", &refused_count, "cpus", "count", &schema),
		0);
	assert_true(complete);
	assert_true(pass == 2 && skip == 1 && broken == 1 && fail == 0 && refused_count == 1);
	json_decref(json);
	json = load("cases.jsonl", 2);
	assert_string_equal(json_string_value(json_object_get(json, "refused_errno")), "EFAULT");
	json_decref(json);
}

static void a_bundle_of_no_cases(void **state)
{
	struct bundle bundle;

	(void)state;
	write_passes(0);
	read_back(&bundle, place.path);
	assert_true(bundle.complete);
	assert_int_equal(bundle.count, 0);
	bundle_free(&bundle);
}

/* No bytes of a kernel log or a reason may make a bundle unreadable. */
static void any_bytes_become_json(void **state)
{
	static struct kmsg_lines lines = {.count = 2};
	struct case_spec spec = spec_of(1);
	struct case_result *result = result_of(VERDICT_BROKEN);
	struct bundle_writer writer;
	struct bundle bundle;
	json_t *json, *log;

	(void)state;
	strcpy(lines.line[0], "say \"no\" \\ \x01\x1b[31m \xc3\xa9 \xe2\x82\xac");
	strcpy(lines.line[1], "\xff\xc0\x80\xed\xa0\x80\xf5\x80\xe2\x82");
	memset(result->reason, 0xff, sizeof(result->reason)); /* not even a NUL at its end */
	open_bundle(&writer);
	assert_int_equal(bundle_case_ended(&writer, &spec, result, &lines), 0);
	assert_int_equal(bundle_close(&writer, true), 0);
	json = load("cases.jsonl", 1);
	log = json_object_get(json, "kernel_log");
	assert_int_equal(json_array_size(log), 2);
	assert_string_equal(json_string_value(json_array_get(log, 0)), lines.line[0]);
	/* Every byte of the second line is wrong by itself. */
	assert_int_equal(json_string_length(json_array_get(log, 1)), 3 * strlen(lines.line[1]));
	json_decref(json);
	read_back(&bundle, place.path);
	/* As many whole replacement characters as fit. */
	assert_int_equal(strlen(bundle.records[0].reason) % 3, 0);
	assert_true(strlen(bundle.records[0].reason) > REASON_BYTES - 4);
	bundle_free(&bundle);
}

static void a_kill_leaves_the_truth(void **state)
{
	struct bundle bundle;
	char path[160];
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		struct bundle_writer writer;
		struct case_spec one = spec_of(1), two = spec_of(2);

		open_bundle(&writer);
		if (bundle_case_started(&writer, &one) ||
		    bundle_case_ended(&writer, &one, result_of(VERDICT_PASS), NULL) ||
		    bundle_case_started(&writer, &two))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(access(place.path, F_OK), -1);
	snprintf(path, sizeof(path), "%s.partial", place.path);
	read_back(&bundle, path);
	assert_false(bundle.complete);
	assert_int_equal(bundle.count, 2);
	assert_int_equal(bundle.records[0].verdict, VERDICT_PASS);
	assert_int_equal(bundle.records[1].verdict, VERDICT_BROKEN);
	assert_string_equal(bundle.records[1].reason, "started, never finished");
	assert_int_equal(bundle.records[1].round, 2);
	bundle_free(&bundle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACED(what_is_written_is_read_back),
		PLACED(a_record_has_the_promised_fields),
		PLACED(run_json_tells_of_the_machine_and_counts),
		PLACED(a_bundle_of_no_cases),
		PLACED(any_bytes_become_json),
		PLACED(a_kill_leaves_the_truth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
