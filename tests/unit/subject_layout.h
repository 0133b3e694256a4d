/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout of one case with the mock tables. Include it in one file of an executable.
 */
#ifndef TESTS_UNIT_SUBJECT_LAYOUT_H
#define TESTS_UNIT_SUBJECT_LAYOUT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "lib/subject.h"
#include "tests/unit/mock_case.h"

static const struct case_place anywhere = {.directory = "/near",
					   .other_directory = "/other",
					   .device = "/dev/loop9",
					   .remountable = true};

static struct case_spec spec;
static struct run run;

static void lay_out(const char *id, const struct case_place *place)
{
	spec = parsed(id);
	spec.seed = 0x5eed;
	run = (struct run){.far_fd = -1};
	subject_layout(&run, &spec, place);
}

#endif
