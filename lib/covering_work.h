/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two halves of the covering-array generator share while they work.
 */
#ifndef LIB_COVERING_WORK_H
#define LIB_COVERING_WORK_H

#include "lib/covering.h"

struct covering_work {
	const struct covering_problem *problem;
	size_t product;
	bool *is_valid;  /* per row of the product, by its number */
	uint32_t *valid; /* the numbers of the valid rows, shuffled */
	size_t valid_count;
	uint32_t *next; /* the stacks of build() */
	unsigned pairs_per_row;
	uint32_t
		first[COVERING_FACTORS * (COVERING_FACTORS - 1) / 2]; /* pair of each two factors */
	uint32_t pair_numbers;
	bool *pair_valid;
	uint16_t *covered; /* per pair: the rows that have it */
};

/* Writes the pairs of row, one for each two factors. */
void covering_pairs_of(const struct covering_work *work, const uint8_t *row, uint32_t *pairs);

/* The number of row in the product. */
size_t covering_number_of(const struct covering_problem *problem, const uint8_t *row);

/* Takes rows away from a whole array while every valid pair stays covered. 0 or -ENOMEM. */
int covering_reduce(struct covering_work *work, struct covering *covering);

#endif
