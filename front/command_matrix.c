// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bundles side by side: a row for each case, a column for each kernel with its command line and
 * sysctls.
 */
#include <stdlib.h>
#include <unistd.h>

#include "front/documents.h"
#include "results/json.h"
#include "results/matrix.h"

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, json_text(text, SIZE_MAX));
}

static json_t *column_of(const struct matrix_column *column)
{
	json_t *object = json_object(), *counts = json_object();

	set_text(object, "label", column->label);
	set_text(object, "release", column->first->release);
	set_text(object, "version", column->first->version);
	set_text(object, "append", column->first->append);
	set_text(object, "sysctls", column->first->sysctls);
	set_text(object, "boot", column->boot ? column->boot : BOOT_GOOD);
	json_object_set_new(object, "complete", json_boolean(column->complete));
	for (unsigned i = ANSWER_NONE + 1; i < ANSWER_COUNT; i++)
		json_object_set_new(counts, answer_word(i), json_count(column->count[i]));
	json_object_set_new(object, "counts", counts);
	return object;
}

static json_t *row_of(const struct matrix *matrix, const struct matrix_row *row)
{
	json_t *object = json_object(), *answers = json_array();

	set_text(object, "case", row->case_id);
	json_object_set_new(object, "differs", json_boolean(row->difference == DIFFERENCE_VERDICT));
	for (unsigned i = 0; i < matrix->columns; i++) {
		const struct matrix_cell *cell = &row->cell[i];
		json_t *answer = json_object();

		set_text(answer, "answer",
			 cell->answer == ANSWER_NONE ? "none" : answer_word(cell->answer));
		if (cell->record)
			set_text(answer, "reason", cell->record->reason);
		json_array_append_new(answers, answer);
	}
	json_object_set_new(object, "answers", answers);
	return object;
}

static void print_document(const struct matrix *matrix, int code)
{
	json_t *document = json_object(), *columns = json_array(), *rows = json_array();

	for (unsigned i = 0; i < matrix->columns; i++)
		json_array_append_new(columns, column_of(&matrix->column[i]));
	for (size_t i = 0; i < matrix->rows; i++)
		json_array_append_new(rows, row_of(matrix, &matrix->row[i]));
	json_object_set_new(document, "kernels", columns);
	json_object_set_new(document, "cases", rows);
	json_object_set_new(document, "exit_code", json_integer(code));
	document_print(stdout, document);
}

static int show(const struct arguments *arguments, const struct bundle *bundles)
{
	struct matrix matrix;
	char why[256];
	int code;

	if (matrix_make(&matrix, bundles, arguments->word_count, why, sizeof(why))) {
		fprintf(stderr, "dirtypin: matrix: %s\n", why);
		return CODE_USAGE;
	}
	code = matrix_exit_code(&matrix);
	if (arguments->json)
		print_document(&matrix, code);
	else
		matrix_print(
			stdout,
			report_style_of(STDOUT_FILENO, arguments->no_color, arguments->verbose),
			&matrix);
	matrix_free(&matrix);
	return code;
}

static int run_matrix(const struct arguments *arguments)
{
	struct bundle *bundles = calloc(arguments->word_count, sizeof(*bundles));
	unsigned read = 0;
	char why[1024];
	int code;

	if (!bundles)
		abort();
	while (read < arguments->word_count &&
	       bundle_read(&bundles[read], arguments->words[read], why, sizeof(why)) == 0)
		read++;
	if (read < arguments->word_count) {
		fprintf(stderr, "dirtypin: matrix: %s\n", why);
		code = CODE_USAGE;
	} else {
		code = show(arguments, bundles);
	}
	while (read)
		bundle_free(&bundles[--read]);
	free(bundles);
	return code;
}

const struct command command_matrix = {
	.name = "matrix",
	.words = "BUNDLE...",
	.summary = "case by kernel, differences first",
	.details =
		"A column is a kernel with its command line and sysctls; several bundles of the "
		"same "
		"one are rounds, of which the worst counts. Data that is safe, data that was lost "
		"and "
		"a pin that was refused are three different answers; a kernel that did not boot is "
		"a "
		"column that says so. Exit codes are those of a run over all the bundles; a kernel "
		"that did not boot counts as broken.",
	.options = "json no-color verbose",
	.minimum_words = 1,
	.maximum_words = ANY_WORDS,
	.run = run_matrix,
};
