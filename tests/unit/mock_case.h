/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of the mock tables, by their ids. Include it in one file of an executable.
 */
#ifndef TESTS_UNIT_MOCK_CASE_H
#define TESTS_UNIT_MOCK_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/case.h"
#include "tests/unit/mock_tables.h"

static struct case_spec parsed(const char *id)
{
	struct case_spec spec = {.seed = 0};
	char why[512] = "";

	if (case_parse(&spec, id, why, sizeof(why)) < 0)
		fail_msg("%s: %s", id, why);
	return spec;
}

#endif
