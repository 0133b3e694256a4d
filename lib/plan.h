/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans: which cases to run. quick is a pairwise covering array over workload, backing, stressor,
 * file system, way and block size (greedy, after Cohen, Dalal, Fredman and Patton, "The AETG
 * system", IEEE TSE 23(7), 1997), nightly the full valid product.
 */
#ifndef LIB_PLAN_H
#define LIB_PLAN_H

#include "lib/case.h"

enum profile { PROFILE_QUICK, PROFILE_NIGHTLY, PROFILE_SOAK };

struct plan_request {
	enum profile profile;
	uint64_t seed;
	unsigned rounds;
	const struct filesystem *filesystem[16]; /* those that are mounted or asked for */
	unsigned filesystems;
	const char *const *globs; /* case ids or globs over them; none: the profile as it is */
	unsigned glob_count;
	const char *const *excludes;
	unsigned exclude_count;
	bool named; /* the globs replace the profile: every valid case of the product that one
		       matches, or the exact id with its options; options behind a glob's ':'
		       without a wildcard are given to all that match */
};

struct plan {
	struct case_spec *cases;
	size_t count;
	size_t pairs, pairs_covered; /* quick: valid pairs, and those covered */
};

/* Makes the plan. 0, or -1 with one sentence (an unknown name, a glob that matches nothing). */
int plan_make(struct plan *plan, const struct plan_request *request, char *why, size_t why_bytes);
void plan_free(struct plan *plan);

/* fnmatch() with '*' also matching '/'. A glob without ':' matches an id up to its options. */
bool case_glob(const char *glob, const char *id);

#endif
