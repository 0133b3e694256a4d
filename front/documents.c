// SPDX-License-Identifier: GPL-2.0-or-later
#include "front/documents.h"

#include "results/json.h"

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_text(text, SIZE_MAX));
}

void document_print(FILE *out, json_t *document)
{
	json_dumpf(document, out, JSON_INDENT(2));
	fprintf(out, "\n");
	json_decref(document);
}

static json_t *case_of(const struct record *record)
{
	json_t *object = json_object();

	set_text(object, "case", record->case_id);
	json_object_set_new(object, "seed", json_count(record->seed));
	json_object_set_new(object, "round", json_count(record->round));
	set_text(object, "verdict", verdict_word(record->verdict));
	set_text(object, "outcome", outcome_word(record->outcome));
	set_text(object, "reason", record->reason);
	json_object_set_new(object, "ops", json_count(record->ops));
	json_object_set_new(object, "bytes", json_count(record->bytes));
	json_object_set_new(object, "duration_ns", json_count(record->duration_ns));
	return object;
}

json_t *document_of(const struct bundle *bundle, const char *path, int code)
{
	json_t *document = json_object(), *counts = json_object(), *cases = json_array();
	uint64_t count[VERDICT_COUNT] = {0};

	for (size_t i = 0; i < bundle->count; i++) {
		count[bundle->records[i].verdict]++;
		json_array_append_new(cases, case_of(&bundle->records[i]));
	}
	for (unsigned i = 0; i < VERDICT_COUNT; i++)
		json_object_set_new(counts, verdict_word(i), json_count(count[i]));
	set_text(document, "bundle", path);
	json_object_set_new(document, "complete", json_boolean(bundle->complete));
	set_text(document, "release", bundle->release);
	json_object_set_new(document, "seed", json_count(bundle->seed));
	json_object_set_new(document, "exit_code", json_integer(code));
	json_object_set_new(document, "counts", counts);
	json_object_set_new(document, "cases", cases);
	return document;
}

void document_bundle(FILE *out, const struct bundle *bundle, const char *path, int code)
{
	document_print(out, document_of(bundle, path, code));
}

void document_plan(FILE *out, const struct plan *plan, uint64_t seed, const char *profile,
		   uint64_t estimate_ns)
{
	json_t *document = json_object(), *cases = json_array();

	for (size_t i = 0; i < plan->count; i++) {
		json_t *object = json_object();

		set_text(object, "case", plan->cases[i].id);
		json_object_set_new(object, "seed", json_count(plan->cases[i].seed));
		json_object_set_new(object, "round", json_count(plan->cases[i].round));
		json_array_append_new(cases, object);
	}
	json_object_set_new(document, "seed", json_count(seed));
	set_text(document, "profile", profile);
	json_object_set_new(document, "estimate_ns", json_count(estimate_ns));
	json_object_set_new(document, "pairs", json_count(plan->pairs));
	json_object_set_new(document, "pairs_covered", json_count(plan->pairs_covered));
	json_object_set_new(document, "cases", cases);
	document_print(out, document);
}
