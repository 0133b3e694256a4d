// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Verdicts counted by two keys: what the tables of the report show.
 */
#include "results/tally.h"

#include <stdlib.h>
#include <string.h>

#include "results/text.h"

/* The control group comes last. */
static int compare_names(const void *a, const void *b)
{
	int none = (strcmp(a, "none") == 0) - (strcmp(b, "none") == 0);

	return none ? none : strcmp(a, b);
}

/* Sorts, removes duplicates, and folds what is beyond limit into one last name. */
static void names_settle(struct names *names, size_t limit)
{
	size_t kept = 0;

	if (!names->count)
		return;
	qsort(names->name, names->count, sizeof(*names->name), compare_names);
	for (size_t i = 1; i < names->count; i++) {
		if (strcmp(names->name[kept], names->name[i]))
			memmove(names->name[++kept], names->name[i], sizeof(*names->name));
	}
	names->count = kept + 1;
	if (names->count > limit) {
		names->count = limit;
		snprintf(names->name[limit - 1], sizeof(*names->name), "(others)");
	}
}

static size_t names_find(const struct names *names, const char *name)
{
	const char *found =
		bsearch(name, names->name, names->count - 1, sizeof(*names->name), compare_names);

	/* The last one is either it, or stands for those that are not there. */
	return found ? (size_t)(found - names->name[0]) / sizeof(*names->name) : names->count - 1;
}

/* The keys of one record's rows: parts of a joined name, with the backing behind each workload.
 * Returns how many there are; their text is in keys. */
static unsigned row_keys(const struct record *record, bool by_stressor,
			 char keys[][TALLY_NAME_BYTES], unsigned limit)
{
	const char *joined = by_stressor ? record->stressors : record->workload;
	unsigned count = 0;

	do {
		size_t length = strcspn(joined, "+");
		int shown = length ? (int)length : (int)strlen("none");
		unsigned same = 0;

		snprintf(keys[count], sizeof(keys[count]), "%.*s%s%s", shown,
			 length ? joined : "none", by_stressor ? "" : "/",
			 by_stressor ? "" : record->backing);
		text_clean(keys[count]);
		while (strcmp(keys[same], keys[count]))
			same++;
		count += same == count;
		joined += length;
	} while (count < limit && *joined++ == '+');
	return count;
}

enum { KEYS = 4 };

_Static_assert((int)KEYS >= (int)WORKLOADS_PER_CASE && (int)KEYS >= (int)STRESSORS_PER_CASE,
	       "a case has a row for each of its parts");
_Static_assert(sizeof(((struct record *)NULL)->workload) +
			       sizeof(((struct record *)NULL)->backing) <=
		       TALLY_NAME_BYTES,
	       "a row's name holds a workload and a backing");

static void column_key(const struct record *record, char *key)
{
	snprintf(key, TALLY_NAME_BYTES, "%s", *record->filesystem ? record->filesystem : "none");
	text_clean(key);
}

static void names_of_records(struct tally *tally, const struct bundle *bundle, bool by_stressor)
{
	for (size_t i = 0; i < bundle->count; i++) {
		const struct record *record = &bundle->records[i];
		unsigned keys =
			row_keys(record, by_stressor, tally->rows.name + tally->rows.count, KEYS);

		tally->rows.count += keys;
		tally->several = tally->several || keys > 1;
		column_key(record, tally->columns.name[tally->columns.count++]);
	}
	names_settle(&tally->rows, TALLY_ROWS);
	names_settle(&tally->columns, TALLY_COLUMNS);
}

static void count_records(struct tally *tally, const struct bundle *bundle, bool by_stressor)
{
	char keys[KEYS][TALLY_NAME_BYTES], name[TALLY_NAME_BYTES];

	for (size_t i = 0; i < bundle->count; i++) {
		const struct record *record = &bundle->records[i];
		unsigned count = row_keys(record, by_stressor, keys, KEYS);
		size_t column;

		column_key(record, name);
		column = names_find(&tally->columns, name);
		for (unsigned k = 0; k < count; k++) {
			size_t row = names_find(&tally->rows, keys[k]);

			cell_add(&tally->cells[row * tally->columns.count + column], record);
		}
	}
}

int tally_make(struct tally *tally, const struct bundle *bundle, bool by_stressor)
{
	*tally = (struct tally){.several = false};
	tally->rows.name = calloc(KEYS * bundle->count + 1, sizeof(*tally->rows.name));
	tally->columns.name = calloc(bundle->count + 1, sizeof(*tally->columns.name));
	if (!tally->rows.name || !tally->columns.name) {
		tally_free(tally);
		return -1;
	}
	names_of_records(tally, bundle, by_stressor);
	tally->cells = calloc(tally->rows.count * tally->columns.count + 1, sizeof(*tally->cells));
	if (!tally->cells) {
		tally_free(tally);
		return -1;
	}
	if (bundle->count)
		count_records(tally, bundle, by_stressor);
	return 0;
}

void tally_free(struct tally *tally)
{
	free(tally->rows.name);
	free(tally->columns.name);
	free(tally->cells);
	*tally = (struct tally){.several = false};
}

const struct cell *tally_cell(const struct tally *tally, size_t row, size_t column)
{
	return &tally->cells[row * tally->columns.count + column];
}

void cell_add(struct cell *cell, const struct record *record)
{
	cell->count[record->verdict]++;
	if (record->verdict == VERDICT_PASS && record->outcome == OUTCOME_REFUSED)
		cell->refused++;
}

uint64_t cell_total(const struct cell *cell)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < VERDICT_COUNT; i++)
		total += cell->count[i];
	return total;
}
