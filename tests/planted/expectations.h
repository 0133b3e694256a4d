/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must come of each planted lie.
 */
#ifndef TESTS_PLANTED_EXPECTATIONS_H
#define TESTS_PLANTED_EXPECTATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/case.h"
#include "tests/planted/lies.h"

enum { NAME_BYTES = 200, EXPECTATIONS = 512 };

/* One case that lies, and what must come of it. */
struct expectation {
	char name[NAME_BYTES];
	char case_id[CASE_ID_BYTES];
	struct plan_of_lies lies;
	enum verdict verdict;
	enum finding_kind kind; /* of a fail */
	int view;               /* of the finding, or -1 for any */
	const char *reason;     /* a part of it, or NULL */
};

/* Writes every expectation whose file lies on filesystem to rows (EXPECTATIONS of them at most),
 * those that only root can check among them if root. Returns how many. */
size_t expectations_list(struct expectation *rows, const char *filesystem, bool root);

#endif
