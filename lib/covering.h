/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pairwise covering arrays with constraints: a small set of valid rows (one level per factor) in
 * which every pair of levels of two factors stands that stands in any valid row at all. A pure
 * function of the problem and the seed; it knows no cases.
 */
#ifndef LIB_COVERING_H
#define LIB_COVERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COVERING_FACTORS = 8, COVERING_LEVELS = 128 };

struct covering_problem {
	unsigned factors;
	unsigned levels[COVERING_FACTORS];
	/* Whether row is a valid combination; asked once for each row of the whole product. */
	bool (*valid)(const uint8_t *row, const void *context);
	const void *context;
	uint64_t seed;
};

struct covering {
	uint8_t (*rows)[COVERING_FACTORS];
	size_t count;
	size_t pairs; /* valid ones; all of them are covered */
	size_t bound; /* no array can have fewer rows: the most valid pairs of any two factors */
};

/* Makes the array. 0, or -ENOMEM, or -E2BIG for a product of more than 2^26 rows. */
int covering_make(struct covering *covering, const struct covering_problem *problem);
void covering_free(struct covering *covering);

#endif
