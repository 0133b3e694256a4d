// SPDX-License-Identifier: GPL-2.0-or-later
#include "front/arguments.h"

/* It builds this very program anew, so that it cannot be done from within. */
static int run_test(const struct arguments *arguments)
{
	fprintf(stderr, "dirtypin: test builds and runs the tests: start it as ./run.sh test\n");
	return CODE_USAGE;
}

const struct command command_test = {
	.name = "test",
	.words = "[CTEST-ARGUMENTS]",
	.summary = "builds and runs every test",
	.details =
		"What stands behind it goes to ctest: ./run.sh test -R unit runs the unit tests, "
		"./run.sh test -N lists all of them. Tests that need root say so and are skipped "
		"without it.",
	.maximum_words = ANY_WORDS,
	.run = run_test,
};
