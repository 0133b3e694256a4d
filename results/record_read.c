// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading one record. A word that is not known here is an error, not a guess: a verdict that was
 * read wrongly would be worse than none.
 */
#include "results/record_read.h"

#include <string.h>

#include "lib/words.h"

bool fields_complain(struct fields *fields, const char *key, const char *complaint)
{
	snprintf(fields->why, sizeof(fields->why), "%s\"%s\" %s", fields->what, key, complaint);
	return false;
}

/* The field, or NULL; *fine says whether a missing one is acceptable. */
static const json_t *field_of(struct fields *fields, const json_t *object, const char *key,
			      enum field need, bool *fine)
{
	const json_t *value = json_object_get(object, key);

	*fine = value || need == FIELD_OPTIONAL || fields_complain(fields, key, "is missing");
	return value;
}

bool fields_text(struct fields *fields, const json_t *object, const char *key, enum field need,
		 char *value, size_t bytes)
{
	bool fine;
	const json_t *json = field_of(fields, object, key, need, &fine);

	if (!json)
		return fine;
	if (!json_is_string(json))
		return fields_complain(fields, key, "is not a string");
	if (json_string_length(json) >= bytes)
		return fields_complain(fields, key, "is too long");
	memcpy(value, json_string_value(json), json_string_length(json) + 1);
	return true;
}

bool fields_count(struct fields *fields, const json_t *object, const char *key, enum field need,
		  uint64_t *value)
{
	bool fine;
	const json_t *json = field_of(fields, object, key, need, &fine);

	if (!json)
		return fine;
	if (!json_is_integer(json) || json_integer_value(json) < 0)
		return fields_complain(fields, key, "is not a whole number from 0 on");
	*value = (uint64_t)json_integer_value(json);
	return true;
}

bool fields_flag(struct fields *fields, const json_t *object, const char *key, enum field need,
		 bool *value)
{
	bool fine;
	const json_t *json = field_of(fields, object, key, need, &fine);

	if (!json)
		return fine;
	if (!json_is_boolean(json))
		return fields_complain(fields, key, "is not true or false");
	*value = json_is_true(json);
	return true;
}

/* A count that must fit in 32 bits. */
static bool small_count(struct fields *fields, const json_t *object, const char *key,
			uint32_t *value)
{
	uint64_t wide = *value;

	if (!fields_count(fields, object, key, FIELD_OPTIONAL, &wide))
		return false;
	if (wide > UINT32_MAX)
		return fields_complain(fields, key, "is too large");
	*value = (uint32_t)wide;
	return true;
}

/* Each gives the word for a value, as the functions of lib/words.h do. */
static const char *word_of_verdict(unsigned value)
{
	return verdict_word(value);
}

static const char *word_of_outcome(unsigned value)
{
	return outcome_word(value);
}

static const char *word_of_kind(unsigned value)
{
	return finding_word(value);
}

static const char *word_of_view(unsigned value)
{
	return view_word(value);
}

/* The value below count whose word stands in the field. */
static bool word_field(struct fields *fields, const json_t *object, const char *key,
		       enum field need, const char *(*word)(unsigned), unsigned count,
		       unsigned *value)
{
	char text[64] = "";

	if (!fields_text(fields, object, key, need, text, sizeof(text)))
		return false;
	if (!json_object_get(object, key))
		return true;
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(word(i), text) == 0) {
			*value = i;
			return true;
		}
	}
	return fields_complain(fields, key, "holds a word that this program does not know");
}

static bool finding_read(struct finding *finding, const json_t *json, struct fields *fields)
{
	unsigned kind = 0, view = 0;

	*finding = (struct finding){.has_view = json_object_get(json, "view") != NULL};
	if (!json_is_object(json))
		return fields_complain(fields, "finding", "is not an object");
	if (!word_field(fields, json, "kind", FIELD_NEEDED, word_of_kind, FINDING_COUNT, &kind) ||
	    !word_field(fields, json, "view", FIELD_OPTIONAL, word_of_view, VIEW_COUNT, &view))
		return false;
	finding->kind = kind;
	finding->view = view;
	return small_count(fields, json, "subject", &finding->subject) &&
	       fields_count(fields, json, "count", FIELD_NEEDED, &finding->count) &&
	       fields_count(fields, json, "first_offset", FIELD_OPTIONAL, &finding->first_offset) &&
	       fields_count(fields, json, "bytes", FIELD_OPTIONAL, &finding->bytes) &&
	       small_count(fields, json, "expected_generation", &finding->expected_generation) &&
	       small_count(fields, json, "found_generation", &finding->found_generation) &&
	       small_count(fields, json, "first_byte", &finding->first_byte) &&
	       small_count(fields, json, "last_byte", &finding->last_byte) &&
	       fields_count(fields, json, "found_offset", FIELD_OPTIONAL, &finding->found_offset) &&
	       small_count(fields, json, "found_writer", &finding->found_writer);
}

static bool findings_read(struct findings *findings, const json_t *record, struct fields *fields)
{
	const json_t *array = json_object_get(record, "findings");

	if (!array)
		return true;
	if (!json_is_array(array))
		return fields_complain(fields, "findings", "is not an array");
	if (json_array_size(array) > FINDINGS_PER_CASE)
		return fields_complain(fields, "findings", "has too many rows");
	fields->what = "findings: ";
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (!finding_read(&findings->row[i], json_array_get(array, i), fields))
			return false;
		findings->count++;
	}
	fields->what = "";
	return true;
}

/* The names, joined by '+'. */
static bool stressors_read(struct record *record, const json_t *json, struct fields *fields)
{
	const json_t *array = json_object_get(json, "stressors");
	size_t used = 0;

	if (!json_is_array(array))
		return fields_complain(fields, "stressors", "is missing or not an array");
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *name = json_array_get(array, i);

		if (!json_is_string(name))
			return fields_complain(fields, "stressors", "has a name that is no string");
		if (used + json_string_length(name) + 2 > sizeof(record->stressors))
			return fields_complain(fields, "stressors", "is too long");
		used += (size_t)snprintf(record->stressors + used, sizeof(record->stressors) - used,
					 "%s%s", i ? "+" : "", json_string_value(name));
	}
	return true;
}

static bool evidence_read(struct record *record, const json_t *json, struct fields *fields)
{
	const json_t *pins = json_object_get(json, "pins");
	const json_t *writeback = json_object_get(json, "writeback");
	uint64_t acquired = 0;

	if ((pins && !json_is_object(pins)) || (writeback && !json_is_object(writeback)))
		return fields_complain(fields, pins && !json_is_object(pins) ? "pins" : "writeback",
				       "is not an object");
	if (pins && !fields_count(fields, pins, "acquired", FIELD_OPTIONAL, &acquired))
		return false;
	record->pins_counted = acquired > 0;
	return !writeback ||
	       (fields_flag(fields, writeback, "overlap", FIELD_OPTIONAL, &record->overlap) &&
		fields_flag(fields, writeback, "page_cache", FIELD_OPTIONAL, &record->page_cache));
}

/* Bytes that were no UTF-8 have become three each, so that a long reason may have grown: what does
 * not fit is cut off, at the beginning of a character. */
static bool reason_read(struct record *record, const json_t *json, struct fields *fields)
{
	const json_t *reason = json_object_get(json, "reason");
	size_t length = json_string_length(reason);
	const char *text = json_string_value(reason);

	if (!reason)
		return true;
	if (!text)
		return fields_complain(fields, "reason", "is not a string");
	if (length >= sizeof(record->reason))
		length = sizeof(record->reason) - 1;
	while (length && (text[length] & 0xc0) == 0x80)
		length--;
	memcpy(record->reason, text, length);
	return true;
}

bool record_read(struct record *record, const json_t *json, struct fields *fields)
{
	unsigned verdict = 0, outcome = OUTCOME_NONE;

	*record = (struct record){.round = 1};
	if (!json_is_object(json)) {
		snprintf(fields->why, sizeof(fields->why), "not an object");
		return false;
	}
	if (!fields_text(fields, json, "case", FIELD_NEEDED, record->case_id,
			 sizeof(record->case_id)) ||
	    !fields_text(fields, json, "workload", FIELD_NEEDED, record->workload,
			 sizeof(record->workload)) ||
	    !fields_text(fields, json, "backing", FIELD_NEEDED, record->backing,
			 sizeof(record->backing)) ||
	    !stressors_read(record, json, fields) ||
	    !fields_text(fields, json, "filesystem", FIELD_NEEDED, record->filesystem,
			 sizeof(record->filesystem)) ||
	    !word_field(fields, json, "verdict", FIELD_NEEDED, word_of_verdict, VERDICT_COUNT,
			&verdict) ||
	    !word_field(fields, json, "outcome", FIELD_OPTIONAL, word_of_outcome,
			OUTCOME_REFUSED + 1, &outcome))
		return false;
	record->verdict = verdict;
	record->outcome = outcome;
	return reason_read(record, json, fields) &&
	       fields_count(fields, json, "seed", FIELD_NEEDED, &record->seed) &&
	       small_count(fields, json, "round", &record->round) &&
	       fields_count(fields, json, "ops", FIELD_OPTIONAL, &record->ops) &&
	       fields_count(fields, json, "bytes", FIELD_OPTIONAL, &record->bytes) &&
	       fields_count(fields, json, "duration_ns", FIELD_OPTIONAL, &record->duration_ns) &&
	       findings_read(&record->findings, json, fields) &&
	       evidence_read(record, json, fields);
}
