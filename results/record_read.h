/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fields of JSON objects, with their types checked, and a record made of them.
 */
#ifndef RESULTS_RECORD_READ_H
#define RESULTS_RECORD_READ_H

#include <jansson.h>
#include <stdbool.h>

#include "results/bundle.h"

/* The first complaint about an object. */
struct fields {
	const char *what; /* before the name of the field, as "findings: " */
	char why[256];
};

enum field { FIELD_OPTIONAL, FIELD_NEEDED };

/* Each stores the field key of object in *value (an optional one that is missing stays as it is).
 * False, with a complaint in fields->why, if it is missing, has the wrong type or does not fit. */
bool fields_text(struct fields *fields, const json_t *object, const char *key, enum field need,
		 char *value, size_t bytes);
bool fields_count(struct fields *fields, const json_t *object, const char *key, enum field need,
		  uint64_t *value);
bool fields_flag(struct fields *fields, const json_t *object, const char *key, enum field need,
		 bool *value);

/* Says "WHAT KEY COMPLAINT"; always false. */
bool fields_complain(struct fields *fields, const char *key, const char *complaint);

/* The record that json is. */
bool record_read(struct record *record, const json_t *json, struct fields *fields);

#endif
