// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dispatch over the table of commands. Options without a command, or nothing at all, are the main
 * job: run without globs.
 */
#include <string.h>

#include "front/arguments.h"
#include "lib/text.h"

static int usage(const char *why)
{
	fprintf(stderr, "dirtypin: %s\n", why);
	return CODE_USAGE;
}

static int unknown_command(const char *typed)
{
	const char *names[32];
	unsigned count = 0;
	char nearest[128], why[512];

	for (const struct command *const *command = commands; *command; command++)
		names[count++] = (*command)->name;
	text_nearest(typed, names, count, nearest, sizeof(nearest));
	snprintf(why, sizeof(why),
		 "there is no command \"%s\" (did you mean %s? ./run.sh help "
		 "lists them)",
		 typed, nearest);
	return usage(why);
}

static int dispatch(const struct command *command, int argc, char **argv)
{
	struct arguments arguments = {.command = command, .argc = argc, .argv = argv};
	char why[1024];
	int code;

	if (command->parses_itself)
		return command->run(&arguments);
	if (arguments_read(&arguments, command, argc, argv, why, sizeof(why))) {
		code = usage(why);
	} else if (arguments.help) {
		help_command(stdout, command);
		code = CODE_PASSED;
	} else {
		code = command->run(&arguments);
	}
	arguments_free(&arguments);
	return code;
}

int main(int argc, char **argv)
{
	static char main_job[] = "run";
	const char *first = argc > 1 ? argv[1] : "";
	const struct command *command;

	if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0) {
		help_all(stdout);
		return CODE_PASSED;
	}
	if (strcmp(first, "--version") == 0) {
		printf("dirtypin %s\n", DIRTYPIN_VERSION);
		return CODE_PASSED;
	}
	if (first[0] == '-' || !first[0]) {
		argv[0] = main_job;
		return dispatch(&command_run, argc, argv);
	}
	command = command_find(first);
	return command ? dispatch(command, argc - 1, argv + 1) : unknown_command(first);
}
