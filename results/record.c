// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One case as one JSON record. Every option stands in it, also those at their default, since a
 * later version may have another default; histograms keep their buckets, since percentiles of
 * several runs cannot be averaged.
 *
 * The result lies in memory that the case's process could write to, and that process may have died
 * under a broken kernel: words and counts are checked before they are used as an index.
 */
#include <stdio.h>
#include <string.h>

#include "results/json.h"

static json_t *word(const char *text)
{
	return json_text(text, SIZE_MAX);
}

static json_t *joined_workloads(const struct case_spec *spec)
{
	char text[WORKLOADS_PER_CASE * 64] = "";

	for (unsigned i = 0; i < spec->workloads; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s", i ? "+" : "",
			 spec->workload[i]->name);
	}
	return word(text);
}

static json_t *options_of(const struct option_values *values)
{
	json_t *options = json_object();

	for (unsigned i = 0; i < values->count; i++) {
		const struct option_row *row = values->item[i].row;
		int64_t value = values->item[i].value;

		json_object_set_new(options, row->name,
				    row->words ? word(row->words[value - row->minimum])
					       : json_integer(value));
	}
	return options;
}

/* What is known before the case ran: enough to replay it. */
static json_t *record_base(const struct case_spec *spec)
{
	json_t *record = json_object(), *stressors = json_array();

	for (unsigned i = 0; i < spec->stressors; i++)
		json_array_append_new(stressors, word(spec->stressor[i]->name));
	json_object_set_new(record, "case", word(spec->id));
	json_object_set_new(record, "workload", joined_workloads(spec));
	json_object_set_new(record, "backing", word(spec->backing ? spec->backing->name : "none"));
	json_object_set_new(record, "stressors", stressors);
	json_object_set_new(record, "filesystem",
			    word(spec->filesystem ? spec->filesystem->name : "none"));
	json_object_set_new(record, "options", options_of(&spec->options));
	json_object_set_new(record, "seed", json_count(spec->seed));
	json_object_set_new(record, "round", json_integer(spec->round));
	return record;
}

json_t *record_started(const struct case_spec *spec)
{
	json_t *record = record_base(spec);

	json_object_set_new(record, "verdict", word(verdict_word(VERDICT_BROKEN)));
	json_object_set_new(record, "outcome", word(outcome_word(OUTCOME_NONE)));
	json_object_set_new(record, "reason", word(NEVER_FINISHED));
	return record;
}

static json_t *findings_of(const struct findings *findings)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < findings->count && i < FINDINGS_PER_CASE; i++) {
		const struct finding *row = &findings->row[i];
		json_t *one;

		if (row->kind >= FINDING_COUNT || (row->has_view && row->view >= VIEW_COUNT))
			continue;
		one = json_object();
		json_object_set_new(one, "kind", word(finding_word(row->kind)));
		if (row->has_view)
			json_object_set_new(one, "view", word(view_word(row->view)));
		json_object_set_new(one, "subject", json_integer(row->subject));
		json_object_set_new(one, "count", json_count(row->count));
		json_object_set_new(one, "first_offset", json_count(row->first_offset));
		json_object_set_new(one, "bytes", json_count(row->bytes));
		json_object_set_new(one, "expected_generation",
				    json_integer(row->expected_generation));
		json_object_set_new(one, "found_generation", json_integer(row->found_generation));
		json_object_set_new(one, "first_byte", json_integer(row->first_byte));
		json_object_set_new(one, "last_byte", json_integer(row->last_byte));
		json_object_set_new(one, "found_offset", json_count(row->found_offset));
		json_object_set_new(one, "found_writer", json_integer(row->found_writer));
		json_array_append_new(array, one);
	}
	return array;
}

static json_t *histogram(const struct hist *hist)
{
	json_t *object = json_object(), *buckets = json_array();

	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		json_t *pair;

		if (!hist->bucket[i])
			continue;
		pair = json_array();
		json_array_append_new(pair, json_count(hist_bucket_low(i)));
		json_array_append_new(pair, json_count(hist->bucket[i]));
		json_array_append_new(buckets, pair);
	}
	json_object_set_new(object, "count", json_count(hist->count));
	json_object_set_new(object, "p50", json_count(hist_percentile(hist, 0.5)));
	json_object_set_new(object, "p90", json_count(hist_percentile(hist, 0.9)));
	json_object_set_new(object, "p99", json_count(hist_percentile(hist, 0.99)));
	json_object_set_new(object, "p999", json_count(hist_percentile(hist, 0.999)));
	json_object_set_new(object, "max", json_count(hist->maximum));
	json_object_set_new(object, "buckets", buckets);
	return object;
}

static json_t *pins_of(const struct case_result *result)
{
	json_t *pins = json_object();

	json_object_set_new(pins, "expected", json_boolean(result->pins_expected));
	json_object_set_new(pins, "acquired", json_count(result->pins_acquired));
	json_object_set_new(pins, "released", json_count(result->pins_released));
	json_object_set_new(pins, "leaked", json_integer(result->pins_leaked));
	return pins;
}

static json_t *writeback_of(const struct case_result *result)
{
	static const char *const methods[] = {[WRITEBACK_NONE] = "none",
					      [WRITEBACK_TRACEFS] = "tracefs",
					      [WRITEBACK_VMSTAT] = "vmstat"};
	const struct writeback_evidence *seen = &result->writeback;
	json_t *writeback = json_object();

	json_object_set_new(
		writeback, "method",
		word(methods[seen->method <= WRITEBACK_VMSTAT ? seen->method : WRITEBACK_NONE]));
	json_object_set_new(writeback, "page_cache", json_boolean(result->page_cache_subject));
	json_object_set_new(writeback, "dirtied_pages", json_count(seen->dirtied_pages));
	json_object_set_new(writeback, "written_pages", json_count(seen->written_pages));
	json_object_set_new(writeback, "episodes", json_count(seen->episodes));
	json_object_set_new(writeback, "episode_ns", json_count(seen->episode_ns));
	json_object_set_new(writeback, "sampled_ops", json_count(seen->sampled_ops));
	json_object_set_new(writeback, "overlapped_ops", json_count(seen->overlapped_ops));
	json_object_set_new(writeback, "overlap", json_boolean(result_overlap(result)));
	json_object_set_new(writeback, "lost_events", json_boolean(seen->lost_events));
	return writeback;
}

static json_t *views_of(const struct case_result *result)
{
	json_t *views = json_object();

	for (unsigned i = 0; i < VIEW_COUNT; i++) {
		if (result->views_compared[i])
			json_object_set_new(views, view_word(i),
					    json_count(result->views_compared[i]));
	}
	return views;
}

static json_t *stressors_of(const struct case_result *result)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < result->stress_count && i < STRESSORS_PER_CASE; i++) {
		const struct stress_result *stress = &result->stress[i];
		json_t *one = json_object();

		json_object_set_new(one, "name", json_text(stress->name, sizeof(stress->name)));
		json_object_set_new(one, "bites", json_count(stress->bites));
		json_object_set_new(one, "bites_while_moving",
				    json_count(stress->bites_while_moving));
		json_object_set_new(one, "note", json_text(stress->note, sizeof(stress->note)));
		json_array_append_new(array, one);
	}
	return array;
}

static json_t *log_of(const struct kmsg_lines *lines)
{
	json_t *array = json_array();

	for (unsigned i = 0; lines && i < lines->count && i < KMSG_LINES; i++)
		json_array_append_new(array, json_text(lines->line[i], KMSG_LINE_BYTES));
	return array;
}

static void set_verdict(json_t *record, const struct case_result *result)
{
	enum verdict verdict = result->verdict < VERDICT_COUNT ? result->verdict : VERDICT_BROKEN;
	enum outcome outcome = result->outcome <= OUTCOME_REFUSED ? result->outcome : OUTCOME_NONE;
	enum promise promise =
		result->promise <= PROMISE_REFUSED ? result->promise : PROMISE_UNKNOWN;
	const char *refused = strerrorname_np(result->refused_errno);
	json_t *expect = json_object();

	json_object_set_new(expect, "expect", word(promise_word(promise)));
	json_object_set_new(record, "verdict", word(verdict_word(verdict)));
	json_object_set_new(record, "outcome", word(outcome_word(outcome)));
	json_object_set_new(record, "reason", json_text(result->reason, sizeof(result->reason)));
	/* The name, since the numbers differ between architectures. */
	if (outcome == OUTCOME_REFUSED && refused)
		json_object_set_new(record, "refused_errno", word(refused));
	json_object_set_new(record, "promise", expect);
}

json_t *record_ended(const struct case_spec *spec, const struct case_result *result,
		     const struct kmsg_lines *lines)
{
	json_t *record = record_base(spec);
	double seconds = (double)result->duration_ns / 1e9;

	set_verdict(record, result);
	json_object_set_new(record, "findings", findings_of(&result->findings));
	json_object_set_new(record, "ops", json_count(result->ops));
	json_object_set_new(record, "bytes", json_count(result->bytes));
	json_object_set_new(record, "failed_ops", json_count(result->failed_ops));
	json_object_set_new(record, "epochs", json_count(result->epochs));
	json_object_set_new(record, "duration_ns", json_count(result->duration_ns));
	json_object_set_new(record, "cpu_ns", json_count(result->cpu_ns));
	json_object_set_new(record, "throughput_bytes_per_s",
			    json_real(seconds > 0 ? (double)result->bytes / seconds : 0));
	json_object_set_new(record, "latency_ns", histogram(&result->latency));
	json_object_set_new(record, "fsync_latency_ns", histogram(&result->fsync_latency));
	json_object_set_new(record, "pins", pins_of(result));
	json_object_set_new(record, "writeback", writeback_of(result));
	json_object_set_new(record, "views", views_of(result));
	json_object_set_new(record, "stressor_evidence", stressors_of(result));
	json_object_set_new(record, "kernel_log", log_of(lines));
	return record;
}
