/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of a case: rows in the table of a workload or a stressor, and the common rows in
 * lib/option.c. One parser walks them all; a default is typed once, in its row.
 */
#ifndef LIB_OPTION_H
#define LIB_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct option_row {
	const char *name; /* NULL ends a table */
	const char *help;
	int64_t preset;
	int64_t minimum, maximum;
	const char *const *words; /* names of the values from minimum on, or NULL for a number */
	bool power_of_two;
};

enum { OPTIONS_PER_CASE = 32 };

/* The options of one case, each with its value; in the order of the tables they came from. */
struct option_values {
	unsigned count;
	struct {
		const struct option_row *row;
		int64_t value;
	} item[OPTIONS_PER_CASE];
};

/* The rows that every case has: way, block, depth, slot, region, writers, apart, order, refill,
 * judge. */
extern const struct option_row common_options[];

/* The row way with its other default, for workloads that have no way in: added before the common
 * rows, it stands in for theirs. */
extern const struct option_row way_out_options[];

/* Adds the rows of table (may be NULL) with their defaults; a name already there stays. */
void option_add_table(struct option_values *values, const struct option_row *table);

/* Sets name to the number or word in text (K, M, G suffixes count in 1024). Returns 0, or -1 with
 * one sentence in why. */
int option_set(struct option_values *values, const char *name, const char *text, char *why,
	       size_t why_bytes);

/* Sets name, which must be there, to value. */
void option_put(struct option_values *values, const char *name, int64_t value);

/* The value of name; aborts if no table has it (a bug of the caller). */
int64_t option_get(const struct option_values *values, const char *name);

/* Whether some table of the case has name. */
bool option_has(const struct option_values *values, const char *name);

/* Writes "name=value,name=value" of those that are not at their default; returns its length. */
size_t option_format(const struct option_values *values, char *text, size_t bytes);

#endif
