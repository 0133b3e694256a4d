// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rows of bench --self, as a table and as a document.
 */
#include <math.h>
#include <string.h>

#include "front/documents.h"
#include "front/self.h"
#include "results/json.h"

enum { NAME_COLUMN = 52, VALUE_COLUMN = 16 };

struct self_row *self_row_add(struct self *self, const char *group, const char *name,
			      const char *unit)
{
	struct self_row *row = &self->row[self->rows < SELF_ROWS ? self->rows++ : SELF_ROWS - 1];

	*row = (struct self_row){.group = group, .unit = unit};
	snprintf(row->name, sizeof(row->name), "%s", name);
	return row;
}

static bool meets(const struct self_row *row)
{
	return row->at_most ? row->value <= row->aim : row->value >= row->aim;
}

/* The value as people read it. */
static void write_value(char *text, size_t bytes, const char *unit, double value)
{
	if (strcmp(unit, "bytes_per_s") == 0)
		snprintf(text, bytes, "%.1f GB/s", value / 1e9);
	else if (strcmp(unit, "ops_per_s") == 0)
		snprintf(text, bytes, "%.0f k ops/s", value / 1e3);
	else if (strcmp(unit, "ns") == 0)
		snprintf(text, bytes, "%.0f ns", value);
	else if (strcmp(unit, "bytes") == 0)
		snprintf(text, bytes, "%.1f MiB", value / (1 << 20));
	else
		snprintf(text, bytes, "%.2f x", value);
}

static void print_row(FILE *out, const struct self_row *row)
{
	char value[64], aim[64];

	if (row->why[0] && !row->samples) {
		fprintf(out, "  %-*s %s\n", NAME_COLUMN, row->name, row->why);
		return;
	}
	write_value(value, sizeof(value), row->unit, row->value);
	fprintf(out, "  %-*s %*s", NAME_COLUMN, row->name, VALUE_COLUMN, value);
	if (row->aim > 0) {
		write_value(aim, sizeof(aim), row->unit, row->aim);
		fprintf(out, "   %s the aim (%s %s)", meets(row) ? "meets" : "misses",
			row->at_most ? "at most" : "at least", aim);
	}
	if (row->why[0])
		fprintf(out, "   (of %u runs; then: %s)", row->samples, row->why);
	fprintf(out, "\n");
}

void self_print(FILE *out, const struct self *self)
{
	const char *group = "";

	for (unsigned i = 0; i < self->rows; i++) {
		const struct self_row *row = &self->row[i];

		if (strcmp(group, row->group) != 0)
			fprintf(out, "\n%s\n", row->group);
		group = row->group;
		print_row(out, row);
	}
}

static json_t *row_document(const struct self_row *row)
{
	json_t *object = json_object(), *samples;

	json_object_set_new(object, "group", json_text(row->group, SIZE_MAX));
	json_object_set_new(object, "name", json_text(row->name, SIZE_MAX));
	json_object_set_new(object, "unit", json_text(row->unit, SIZE_MAX));
	if (row->why[0])
		json_object_set_new(object, "reason", json_text(row->why, SIZE_MAX));
	if (row->why[0] && !row->samples)
		return object;
	json_object_set_new(object, "value", json_real(row->value));
	if (row->samples) {
		samples = json_array();
		for (unsigned i = 0; i < row->samples; i++)
			json_array_append_new(samples, json_real(row->sample[i]));
		json_object_set_new(object, "samples", samples);
	}
	if (row->aim > 0) {
		json_object_set_new(object, row->at_most ? "aim_at_most" : "aim_at_least",
				    json_real(row->aim));
		json_object_set_new(object, "meets_aim", json_boolean(meets(row)));
	}
	return object;
}

void self_print_json(FILE *out, const struct self *self)
{
	json_t *document = json_object(), *rows = json_array();

	for (unsigned i = 0; i < self->rows; i++)
		json_array_append_new(rows, row_document(&self->row[i]));
	json_object_set_new(document, "self", rows);
	document_print(out, document);
}
