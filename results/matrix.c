// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cases by kernels. Rows are sorted by how much the kernels differ: two verdicts on the same case
 * are what a matrix is made for; a kernel that could not be asked comes next, and agreement last.
 */
#include "results/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "results/json.h"
#include "results/text.h"

static const char *const answer_words[ANSWER_COUNT] = {
	[ANSWER_NONE] = ".",        [ANSWER_NO_BOOT] = "no boot", [ANSWER_NOT_RUN] = "not run",
	[ANSWER_SKIP] = "skip",     [ANSWER_SAFE] = "data-safe",  [ANSWER_REFUSED] = "refused",
	[ANSWER_BROKEN] = "broken", [ANSWER_FAIL] = "fail",       [ANSWER_LOST] = "data-lost",
};

const char *answer_word(enum answer answer)
{
	return answer < ANSWER_COUNT ? answer_words[answer] : answer_words[ANSWER_NONE];
}

static bool about_bytes(enum finding_kind kind)
{
	return kind != FINDING_PIN_LEAK && kind != FINDING_SPLAT && kind != FINDING_HANG;
}

static enum answer answer_of(const struct record *record)
{
	switch (record->verdict) {
	case VERDICT_PASS:
		return record->outcome == OUTCOME_REFUSED ? ANSWER_REFUSED : ANSWER_SAFE;
	case VERDICT_SKIP:
		return ANSWER_SKIP;
	case VERDICT_FAIL:
		for (unsigned i = 0; i < record->findings.count && i < FINDINGS_PER_CASE; i++) {
			if (about_bytes(record->findings.row[i].kind))
				return ANSWER_LOST;
		}
		return ANSWER_FAIL;
	default:
		return ANSWER_BROKEN;
	}
}

/* --- columns --- */

static bool same_kernel(const struct bundle *one, const struct bundle *other)
{
	/* A kernel that did not come up could not say which build it is. */
	if (!one->version[0] && strcmp(one->kernel, other->kernel) != 0)
		return false;
	return strcmp(one->release, other->release) == 0 &&
	       strcmp(one->version, other->version) == 0 &&
	       strcmp(one->command_line, other->command_line) == 0 &&
	       strcmp(one->append, other->append) == 0 &&
	       strcmp(one->sysctls, other->sysctls) == 0 && one->guest == other->guest &&
	       (one->guest || strcmp(one->host, other->host) == 0);
}

static bool boot_is_good(const struct bundle *bundle)
{
	return !bundle->boot[0] || strcmp(bundle->boot, BOOT_GOOD) == 0;
}

static unsigned column_for(struct matrix *matrix, const struct bundle *bundle)
{
	unsigned i = 0;

	while (i < matrix->columns && !same_kernel(matrix->column[i].first, bundle))
		i++;
	if (i < matrix->columns || i == MATRIX_COLUMNS)
		return i;
	matrix->column[i] = (struct matrix_column){.first = bundle, .complete = true};
	matrix->columns++;
	return i;
}

static void add_to_label(struct matrix_column *column, const char *text)
{
	size_t used = strlen(column->label);

	if (*text)
		snprintf(column->label + used, sizeof(column->label) - used, "%s%s",
			 used ? " " : "", text);
}

/* A release, and what tells it from others of the same release. */
static void name_columns(struct matrix *matrix)
{
	for (unsigned i = 0; i < matrix->columns; i++) {
		struct matrix_column *column = &matrix->column[i];
		const struct bundle *bundle = column->first;
		unsigned same = 0, nth = 0;

		for (unsigned k = 0; k < matrix->columns; k++) {
			const struct bundle *other = matrix->column[k].first;

			if (strcmp(other->release, bundle->release) ||
			    strcmp(other->append, bundle->append) ||
			    strcmp(other->sysctls, bundle->sysctls))
				continue;
			same++;
			nth += k <= i;
		}
		add_to_label(column, bundle->release);
		add_to_label(column, bundle->append);
		add_to_label(column, bundle->sysctls);
		if (same > 1) {
			char number[16];

			snprintf(number, sizeof(number), "#%u", nth);
			add_to_label(column, number);
		}
		text_clean(column->label);
	}
}

/* --- rows --- */

static int compare_ids(const void *a, const void *b)
{
	return strcmp(((const struct matrix_row *)a)->case_id,
		      ((const struct matrix_row *)b)->case_id);
}

static int compare_rows(const void *a, const void *b)
{
	const struct matrix_row *one = a, *other = b;

	if (one->difference != other->difference)
		return one->difference < other->difference ? -1 : 1;
	return compare_ids(a, b);
}

/* One row for each case id, sorted by id. */
static int make_rows(struct matrix *matrix, const struct bundle *bundles, size_t count)
{
	size_t records = 0, kept = 0;

	for (size_t i = 0; i < count; i++)
		records += bundles[i].count;
	matrix->row = calloc(records + 1, sizeof(*matrix->row));
	if (!matrix->row)
		return -1;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < bundles[i].count; k++)
			matrix->row[matrix->rows++].case_id = bundles[i].records[k].case_id;
	}
	qsort(matrix->row, matrix->rows, sizeof(*matrix->row), compare_ids);
	for (size_t i = 0; i < matrix->rows; i++) {
		if (!kept || strcmp(matrix->row[kept - 1].case_id, matrix->row[i].case_id))
			matrix->row[kept++].case_id = matrix->row[i].case_id;
	}
	matrix->rows = kept;
	matrix->cells = calloc(kept * matrix->columns + 1, sizeof(*matrix->cells));
	for (size_t i = 0; matrix->cells && i < kept; i++)
		matrix->row[i].cell = matrix->cells + i * matrix->columns;
	return matrix->cells ? 0 : -1;
}

static void fill_column(struct matrix *matrix, unsigned number, const struct bundle *bundle)
{
	struct matrix_column *column = &matrix->column[number];

	if (!boot_is_good(bundle) && !column->boot)
		column->boot = bundle->boot;
	column->came_up |= bundle->count || boot_is_good(bundle);
	column->complete &= bundle->complete && boot_is_good(bundle);
	for (size_t i = 0; i < bundle->count; i++) {
		const struct record *record = &bundle->records[i];
		struct matrix_row key = {.case_id = record->case_id};
		struct matrix_row *row =
			bsearch(&key, matrix->row, matrix->rows, sizeof(*matrix->row), compare_ids);
		enum answer answer = answer_of(record);

		if (row && answer > row->cell[number].answer)
			row->cell[number] = (struct matrix_cell){answer, record};
	}
}

static bool is_verdict(enum answer answer)
{
	return answer == ANSWER_SAFE || answer == ANSWER_REFUSED || answer == ANSWER_FAIL ||
	       answer == ANSWER_LOST;
}

/* Names what has no record, and sees how far the kernels agree. */
static void settle_row(struct matrix *matrix, struct matrix_row *row)
{
	enum answer verdict = ANSWER_NONE;

	row->difference = DIFFERENCE_NONE;
	for (unsigned i = 0; i < matrix->columns; i++) {
		struct matrix_column *column = &matrix->column[i];
		enum answer *answer = &row->cell[i].answer;

		if (*answer == ANSWER_NONE && !column->came_up)
			*answer = ANSWER_NO_BOOT;
		else if (*answer == ANSWER_NONE && !column->complete)
			*answer = ANSWER_NOT_RUN;
		column->count[*answer]++;
		if (*answer != row->cell[0].answer && row->difference == DIFFERENCE_NONE)
			row->difference = DIFFERENCE_ANSWERED;
		if (!is_verdict(*answer))
			continue;
		if (verdict != ANSWER_NONE && verdict != *answer)
			row->difference = DIFFERENCE_VERDICT;
		verdict = *answer;
	}
}

static int fail(struct matrix *matrix, const char *what, char *why, size_t why_bytes)
{
	snprintf(why, why_bytes, "%s", what);
	matrix_free(matrix);
	return -1;
}

int matrix_make(struct matrix *matrix, const struct bundle *bundles, size_t count, char *why,
		size_t why_bytes)
{
	*matrix = (struct matrix){.column = calloc(MATRIX_COLUMNS, sizeof(*matrix->column))};
	if (!matrix->column)
		return fail(matrix, "no memory for the matrix", why, why_bytes);
	for (size_t i = 0; i < count; i++) {
		if (column_for(matrix, &bundles[i]) == MATRIX_COLUMNS)
			return fail(matrix, "a matrix has 64 kernels at most", why, why_bytes);
	}
	if (make_rows(matrix, bundles, count))
		return fail(matrix, "no memory for the matrix", why, why_bytes);
	for (size_t i = 0; i < count; i++)
		fill_column(matrix, column_for(matrix, &bundles[i]), &bundles[i]);
	name_columns(matrix);
	for (size_t i = 0; i < matrix->rows; i++)
		settle_row(matrix, &matrix->row[i]);
	if (matrix->rows)
		qsort(matrix->row, matrix->rows, sizeof(*matrix->row), compare_rows);
	return 0;
}

void matrix_free(struct matrix *matrix)
{
	free(matrix->column);
	free(matrix->row);
	free(matrix->cells);
	*matrix = (struct matrix){.rows = 0};
}

int matrix_exit_code(const struct matrix *matrix)
{
	uint64_t count[ANSWER_COUNT] = {0};
	bool whole = matrix->columns > 0;

	for (unsigned i = 0; i < matrix->columns; i++) {
		whole &= matrix->column[i].complete;
		for (unsigned k = 0; k < ANSWER_COUNT; k++)
			count[k] += matrix->column[i].count[k];
	}
	if (count[ANSWER_LOST] || count[ANSWER_FAIL])
		return 1;
	if (count[ANSWER_BROKEN] || !whole)
		return 5;
	return count[ANSWER_SAFE] || count[ANSWER_REFUSED] ? 0 : 4;
}
