// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "front/arguments.h"

static int run_bench(const struct arguments *arguments)
{
	bool self = false;

	for (int i = 1; i < arguments->argc; i++) {
		const char *word = arguments->argv[i];

		if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
			help_command(stdout, &command_bench);
			return CODE_PASSED;
		}
		self |= strcmp(word, "--self") == 0;
	}
	if (!self) {
		fprintf(stderr,
			"dirtypin: bench measures the suite itself so far: it needs --self\n");
		return CODE_USAGE;
	}
	return command_self(arguments->argc, arguments->argv);
}

const struct command command_bench = {
	.name = "bench",
	.words = "--self",
	.summary = "what the suite itself costs, beside what others need for the same bytes",
	.details =
		"Nothing is judged: a number that misses its aim is said to. --dir names where the "
		"files for it go.",
	.options = "dir json",
	.parses_itself = true,
	.run = run_bench,
};
