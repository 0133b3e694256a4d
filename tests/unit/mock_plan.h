/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans over all tables that are linked in, the mock ones among them.
 */
#ifndef TESTS_UNIT_MOCK_PLAN_H
#define TESTS_UNIT_MOCK_PLAN_H

#include <string.h>

#include "lib/plan.h"
#include "tests/unit/mock_tables.h"

static struct plan_request request_of(enum profile profile, uint64_t seed)
{
	return (struct plan_request){
		.profile = profile,
		.seed = seed,
		.rounds = 1,
		.filesystem = {&filesystem_mock_ext, &filesystem_mock_bt, &filesystem_mock_tmp,
			       &filesystem_mock_absent_fs},
		.filesystems = 4,
	};
}

/* Makes the plan and checks what holds for every one. */
static struct plan made(const struct plan_request *request)
{
	struct plan plan;
	char why[512] = "";

	if (plan_make(&plan, request, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	for (size_t i = 0; i < plan.count; i++) {
		if (!case_valid(&plan.cases[i], why, sizeof(why)))
			fail_msg("%s: %s", plan.cases[i].id, why);
		assert_int_not_equal(plan.cases[i].seed, 0);
		assert_in_range(plan.cases[i].round, 1, request->rounds ? request->rounds : 1);
	}
	return plan;
}

static const struct case_spec *find(const struct plan *plan, const char *id)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (strcmp(plan->cases[i].id, id) == 0)
			return &plan->cases[i];
	}
	return NULL;
}

#endif
