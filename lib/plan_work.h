/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan while it is made, shared by the files that know one way of making it each.
 */
#ifndef LIB_PLAN_WORK_H
#define LIB_PLAN_WORK_H

#include "lib/plan.h"
#include "lib/product.h"

struct plan_work {
	struct plan *plan;
	const struct plan_request *request;
	struct product product;
	size_t capacity;
	bool *glob_used; /* per glob: a case matched it */
	char *why;
	size_t why_bytes;
};

/* Adds a complete case unless the request's globs and excludes keep it out. Returns 1 if it was
 * added, 0 if it was kept out, -1 without memory. */
int plan_add(struct plan_work *work, const struct case_spec *spec);

/* One round of cases each. 0, or -1 with a sentence in work->why. */
int plan_quick(struct plan_work *work);
int plan_named(struct plan_work *work);

#endif
