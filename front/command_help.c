// SPDX-License-Identifier: GPL-2.0-or-later
#include "front/arguments.h"

static int run_help(const struct arguments *arguments)
{
	const struct command *command;

	if (!arguments->word_count) {
		help_all(stdout);
		return CODE_PASSED;
	}
	command = command_find(arguments->words[0]);
	if (!command) {
		fprintf(stderr, "dirtypin: help: there is no command \"%s\"\n",
			arguments->words[0]);
		return CODE_USAGE;
	}
	help_command(stdout, command);
	return CODE_PASSED;
}

const struct command command_help = {
	.name = "help",
	.words = "[COMMAND]",
	.summary = "explains everything, or one command",
	.maximum_words = 1,
	.run = run_help,
};
