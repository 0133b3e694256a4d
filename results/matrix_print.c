// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The matrix on a terminal. Cells stand before the case, whose id may be long; where the kernels'
 * names are long, too, letters stand for them.
 */
#include <inttypes.h>
#include <string.h>

#include "results/matrix.h"
#include "results/report_table.h"
#include "results/text.h"

enum { CELL_COLUMNS = 9, LABEL_COLUMNS = 20, GAP = 2, TEXT_COLUMNS = 100, REASONS_LIMIT = 50 };

static const char *colour_of(struct report_style style, enum answer answer)
{
	switch (answer) {
	case ANSWER_SAFE:
	case ANSWER_REFUSED:
		return report_colour(style, VERDICT_PASS);
	case ANSWER_FAIL:
	case ANSWER_LOST:
		return report_colour(style, VERDICT_FAIL);
	case ANSWER_BROKEN:
	case ANSWER_NO_BOOT:
	case ANSWER_NOT_RUN:
		return report_colour(style, VERDICT_BROKEN);
	case ANSWER_SKIP:
		return report_colour(style, VERDICT_SKIP);
	default:
		return "";
	}
}

/* Labels as headings where they take no more than half of the line, else letters. */
static bool letters_are_needed(struct report_style style, const struct matrix *matrix)
{
	size_t used = 0;

	for (unsigned i = 0; i < matrix->columns; i++) {
		size_t length = strlen(matrix->column[i].label);

		if (length > LABEL_COLUMNS)
			return true;
		used += GAP + (length > CELL_COLUMNS ? length : CELL_COLUMNS);
	}
	return used > style.columns * 2 / 3;
}

static void short_label(char *text, size_t bytes, const struct matrix *matrix, unsigned column,
			bool letters)
{
	if (!letters)
		snprintf(text, bytes, "%s", matrix->column[column].label);
	else if (column < 26)
		snprintf(text, bytes, "%c", 'A' + (char)column);
	else
		snprintf(text, bytes, "A%c", 'A' + (char)(column - 26) % 26);
}

static int width_of(const char *label)
{
	size_t length = strlen(label);

	return (int)(length > CELL_COLUMNS ? length : CELL_COLUMNS);
}

static void print_legend(FILE *out, struct report_style style, const struct matrix *matrix,
			 bool letters)
{
	fputs("kernels\n", out);
	for (unsigned i = 0; i < matrix->columns; i++) {
		const struct matrix_column *column = &matrix->column[i];
		char label[256], boot[512], kernel[256];

		short_label(label, sizeof(label), matrix, i, letters);
		fprintf(out, "  %s", label);
		if (letters)
			fprintf(out, "  %s", column->label);
		snprintf(kernel, sizeof(kernel), "%s", column->first->kernel);
		text_clean(kernel);
		fprintf(out, "%s%s%s: ", kernel[0] ? " (" : "", kernel, kernel[0] ? ")" : "");
		for (unsigned k = ANSWER_COUNT; k-- > ANSWER_NONE + 1;) {
			if (column->count[k])
				fprintf(out, "%" PRIu64 " %s, ", column->count[k], answer_word(k));
		}
		if (column->boot) {
			snprintf(boot, sizeof(boot), "%s", column->boot);
			text_clean(boot);
			fprintf(out, "%s%s%s%s\n", report_colour(style, VERDICT_BROKEN),
				column->came_up ? "" : "did not boot: ", boot, report_plain(style));
		} else {
			fputs(column->complete ? "complete\n" : "its run did not end\n", out);
		}
	}
}

static void print_heading(FILE *out, const struct matrix *matrix, bool letters)
{
	for (unsigned i = 0; i < matrix->columns; i++) {
		char label[256];

		short_label(label, sizeof(label), matrix, i, letters);
		fprintf(out, "%*s%-*s", GAP, "", width_of(label), label);
	}
	fprintf(out, "%*scase\n", GAP, "");
}

static void print_row(FILE *out, struct report_style style, const struct matrix *matrix,
		      const struct matrix_row *row, bool letters)
{
	char label[256], id[CASE_ID_BYTES];

	for (unsigned i = 0; i < matrix->columns; i++) {
		const char *word = answer_word(row->cell[i].answer);

		short_label(label, sizeof(label), matrix, i, letters);
		fprintf(out, "%*s%s%s%s%*s", GAP, "", colour_of(style, row->cell[i].answer), word,
			report_plain(style), width_of(label) - (int)strlen(word), "");
	}
	snprintf(id, sizeof(id), "%s", row->case_id);
	text_clean(id);
	fprintf(out, "%*s%s\n", GAP, "", id);
}

static void print_rows(FILE *out, struct report_style style, const struct matrix *matrix,
		       bool letters)
{
	static const char *const titles[DIFFERENCE_COUNT] = {
		[DIFFERENCE_VERDICT] = "the kernels differ",
		[DIFFERENCE_ANSWERED] = "not every kernel has an answer",
		[DIFFERENCE_NONE] = "all the same",
	};

	for (size_t i = 0; i < matrix->rows; i++) {
		const struct matrix_row *row = &matrix->row[i];

		if (i == 0 || row->difference != row[-1].difference) {
			fprintf(out, "\n%s\n", titles[row->difference]);
			print_heading(out, matrix, letters);
		}
		print_row(out, style, matrix, row, letters);
	}
}

static bool wants_reason(enum answer answer)
{
	return answer == ANSWER_LOST || answer == ANSWER_FAIL || answer == ANSWER_BROKEN;
}

static void print_reasons(FILE *out, struct report_style style, const struct matrix *matrix)
{
	unsigned columns = style.columns < TEXT_COLUMNS ? style.columns : TEXT_COLUMNS;
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < matrix->rows; i++) {
		for (unsigned k = 0; k < matrix->columns; k++) {
			const struct matrix_cell *cell = &matrix->row[i].cell[k];
			char line[CASE_ID_BYTES + REASON_BYTES];

			if (!cell->record || !wants_reason(cell->answer))
				continue;
			if (shown == REASONS_LIMIT && !style.verbose) {
				left++;
				continue;
			}
			if (!shown++)
				fputs("\nreasons\n", out);
			snprintf(line, sizeof(line), "%s on %s", matrix->row[i].case_id,
				 matrix->column[k].label);
			text_clean(line);
			fprintf(out, "  %s%s%s\n", colour_of(style, cell->answer), line,
				report_plain(style));
			snprintf(line, sizeof(line), "%s", cell->record->reason);
			text_clean(line);
			text_wrapped(out, line, 4, columns);
		}
	}
	if (left)
		fprintf(out, "  ... and %zu more (try: -v)\n", left);
}

void matrix_print(FILE *out, struct report_style style, const struct matrix *matrix)
{
	bool letters = letters_are_needed(style, matrix);

	print_legend(out, style, matrix, letters);
	print_rows(out, style, matrix, letters);
	print_reasons(out, style, matrix);
	fputc('\n', out);
	text_wrapped(
		out,
		"data-safe: the bytes were right in every view; refused: the pin was refused up "
		"front, which is safe, too; data-lost: bytes were wrong somewhere; fail: a "
		"splat, a hang or a leaked pin; broken: the question was not properly asked; "
		"skip: something is missing there; '.': not asked.",
		0, style.columns < TEXT_COLUMNS ? style.columns : TEXT_COLUMNS);
}
