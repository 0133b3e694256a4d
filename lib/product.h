/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole product: every workload with every backing, stressor, file system, way and block size,
 * one of each. A row names a case by one level per factor.
 */
#ifndef LIB_PRODUCT_H
#define LIB_PRODUCT_H

#include "lib/case.h"
#include "lib/covering.h"
#include "lib/plan.h"

enum factor {
	FACTOR_WORKLOAD,
	FACTOR_BACKING,
	FACTOR_STRESSOR,
	FACTOR_FILESYSTEM,
	FACTOR_PARTS, /* those before it are tables */
	FACTOR_WAY = FACTOR_PARTS,
	FACTOR_BLOCK, /* level 0 is the default */
	FACTORS
};

struct product {
	unsigned levels[FACTORS];
	/* The levels below it are there on the running machine; those behind it are missing. */
	unsigned present[FACTORS];
	const void *part[FACTOR_PARTS][COVERING_LEVELS];
};

/* Fills product with all tables, but of the file systems only with those of the request and "none".
 * 0, or -1 with one sentence. */
int product_make(struct product *product, const struct plan_request *request, char *why,
		 size_t why_bytes);

/* The case of row, with its options but without an id. Returns whether its workload has its way at
 * all; whether the case makes sense is for case_valid(). */
bool product_case(const struct product *product, const uint8_t *row, struct case_spec *spec);

/* Whether row is a case that makes sense. */
bool product_valid(const struct product *product, const uint8_t *row);

/* Goes to the next row below the given levels; false, and the first one again, behind the last. */
bool product_next(const unsigned *levels, uint8_t *row);

#endif
