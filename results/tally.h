/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts counted by two keys.
 */
#ifndef RESULTS_TALLY_H
#define RESULTS_TALLY_H

#include "results/bundle.h"

enum { TALLY_NAME_BYTES = 192, TALLY_ROWS = 4096, TALLY_COLUMNS = 32 };

struct names {
	char (*name)[TALLY_NAME_BYTES]; /* sorted */
	size_t count;
};

struct cell {
	uint64_t count[VERDICT_COUNT], refused; /* refused ones are among the passed */
};

struct tally {
	struct names rows, columns; /* beyond the limits above, the last one is "(others)" */
	struct cell *cells;         /* row by row */
	bool several;               /* some case counts in several rows */
};

/* Rows are workload/backing, or stressors; columns are file systems. A case with several workloads
 * (stressors) counts in the row of each. 0, or -1 without memory. */
int tally_make(struct tally *tally, const struct bundle *bundle, bool by_stressor);
void tally_free(struct tally *tally);

const struct cell *tally_cell(const struct tally *tally, size_t row, size_t column);
void cell_add(struct cell *cell, const struct record *record);
uint64_t cell_total(const struct cell *cell);

#endif
