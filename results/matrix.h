/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Case by kernel: the same questions, asked of several kernels or of one that was configured in
 * several ways, with the differences first.
 */
#ifndef RESULTS_MATRIX_H
#define RESULTS_MATRIX_H

#include "results/report.h"

/* What a kernel answered to a case; of several rounds the worst, which is the last of these. */
enum answer {
	ANSWER_NONE,    /* not asked */
	ANSWER_NO_BOOT, /* the kernel did not come up */
	ANSWER_NOT_RUN, /* it came up, and its run did not get that far */
	ANSWER_SKIP,
	ANSWER_SAFE,
	ANSWER_REFUSED,
	ANSWER_BROKEN,
	ANSWER_FAIL, /* a splat, a hang or a leaked pin: no byte was seen to be wrong */
	ANSWER_LOST,
	ANSWER_COUNT
};

enum { MATRIX_COLUMNS = 64 };

/* How much the kernels differ about a case. */
enum difference { DIFFERENCE_VERDICT, DIFFERENCE_ANSWERED, DIFFERENCE_NONE, DIFFERENCE_COUNT };

struct matrix_cell {
	enum answer answer;
	const struct record *record; /* that answer's first, or NULL */
};

struct matrix_row {
	const char *case_id;
	enum difference difference;
	struct matrix_cell *cell; /* one for each column */
};

/* Bundles of the same kernel, command line and sysctls. */
struct matrix_column {
	char label[256];
	const struct bundle *first;
	const char *boot; /* why a guest of it has no answer, or NULL */
	bool came_up, complete;
	uint64_t count[ANSWER_COUNT]; /* of rows */
};

struct matrix {
	struct matrix_column *column;
	unsigned columns;
	struct matrix_row *row;
	size_t rows;
	struct matrix_cell *cells;
};

/* The bundles must outlive the matrix. 0, or -1 with one sentence. */
int matrix_make(struct matrix *matrix, const struct bundle *bundles, size_t count, char *why,
		size_t why_bytes);
void matrix_free(struct matrix *matrix);

void matrix_print(FILE *out, struct report_style style, const struct matrix *matrix);

/* As of a run; a kernel that did not come up, or a run that did not end, is a broken one. */
int matrix_exit_code(const struct matrix *matrix);

/* "data-lost", "refused", ... */
const char *answer_word(enum answer answer);

#endif
