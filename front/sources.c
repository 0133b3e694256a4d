// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sources of options: defaults, dirtypin.ini, the environment, the command line. A later one
 * replaces what an earlier one said; only the command line may repeat a list.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/set.h"

enum { PREDICATE_BYTES = 200, VARIABLE_BYTES = 64 };

void arguments_preset(struct arguments *arguments)
{
	char why[PREDICATE_BYTES];

	for (const struct argument_row *row = argument_rows; row->name; row++) {
		if (row->preset &&
		    argument_set(arguments, row, row->preset, false, why, sizeof(why)))
			abort();
	}
}

/* --- the environment --- */

static void variable_name(const struct argument_row *row, char *name, size_t bytes)
{
	snprintf(name, bytes, "DIRTYPIN_%s", row->name);
	for (char *at = name; *at; at++)
		*at = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
}

int arguments_from_environment(struct arguments *arguments, char *why, size_t why_bytes)
{
	char name[VARIABLE_BYTES], predicate[PREDICATE_BYTES];

	for (const struct argument_row *row = argument_rows; row->name; row++) {
		const char *value;

		if (strcmp(row->name, "help") == 0)
			continue;
		variable_name(row, name, sizeof(name));
		value = getenv(name);
		if (!value || !value[0])
			continue;
		if (argument_set(arguments, row, value, false, predicate, sizeof(predicate))) {
			snprintf(why, why_bytes, "environment: %s %s", name, predicate);
			return -1;
		}
		argument_mark(arguments, row);
	}
	return 0;
}

/* --- the command line --- */

struct line {
	struct arguments *arguments;
	int argc, at;
	char **argv;
	uint64_t repeated; /* lists that this line has begun */
	char *why;
	size_t why_bytes;
};

static int unknown_option(const struct line *line, const char *typed, size_t length)
{
	const struct command *command = line->arguments->command;
	char name[VARIABLE_BYTES], nearest[VARIABLE_BYTES];

	snprintf(name, sizeof(name), "%.*s", (int)length, typed + strspn(typed, "-"));
	argument_nearest(command, name, nearest, sizeof(nearest));
	snprintf(line->why, line->why_bytes,
		 "%s: unknown option %s%s (did you mean %s? ./run.sh %s --help lists them)",
		 command->name, typed[1] == '-' ? "--" : "-", name, nearest, command->name);
	return -1;
}

static const struct argument_row *row_of(const struct line *line, const char *name, size_t length)
{
	char copy[VARIABLE_BYTES];
	const struct argument_row *row;

	if (length >= sizeof(copy))
		return NULL;
	memcpy(copy, name, length);
	copy[length] = '\0';
	row = argument_find(copy);
	return row && argument_belongs(row, line->arguments->command) ? row : NULL;
}

static const struct argument_row *row_of_letter(const struct line *line, char letter)
{
	for (const struct argument_row *row = argument_rows; row->name; row++) {
		if (row->letter == letter && argument_belongs(row, line->arguments->command))
			return row;
	}
	return NULL;
}

static int take_value(struct line *line, const struct argument_row *row, const char *value)
{
	uint64_t bit = 1ull << (row - argument_rows);
	char predicate[PREDICATE_BYTES];

	if (!value && row->kind == ARGUMENT_FLAG)
		value = "yes";
	else if (!value)
		value = line->at + 1 < line->argc ? line->argv[++line->at] : NULL;
	if (!value) {
		snprintf(line->why, line->why_bytes, "--%s needs a value: --%s %s", row->name,
			 row->name, row->value);
		return -1;
	}
	if (argument_set(line->arguments, row, value, line->repeated & bit, predicate,
			 sizeof(predicate))) {
		snprintf(line->why, line->why_bytes, "--%s %s", row->name, predicate);
		return -1;
	}
	line->repeated |= bit;
	argument_mark(line->arguments, row);
	return 0;
}

static int take_option(struct line *line, const char *typed)
{
	const struct argument_row *row;
	const char *name = typed + 2;
	size_t length = strcspn(name, "=");

	if (typed[1] != '-') {
		row = typed[2] ? NULL : row_of_letter(line, typed[1]);
		return row ? take_value(line, row, NULL)
			   : unknown_option(line, typed, strlen(typed) - 1);
	}
	row = row_of(line, name, length);
	if (!row)
		return unknown_option(line, typed, length);
	return take_value(line, row, name[length] ? name + length + 1 : NULL);
}

int arguments_from_line(struct arguments *arguments, int argc, char **argv, char *why,
			size_t why_bytes)
{
	struct line line = {.arguments = arguments,
			    .argc = argc,
			    .argv = argv,
			    .why = why,
			    .why_bytes = why_bytes};
	bool options = true;

	arguments->words = calloc((size_t)argc + 1, sizeof(*arguments->words));
	if (!arguments->words)
		abort();
	for (line.at = 1; line.at < argc; line.at++) {
		const char *typed = argv[line.at];

		if (options && strcmp(typed, "--") == 0)
			options = false;
		else if (!options || typed[0] != '-' || !typed[1])
			arguments->words[arguments->word_count++] = typed;
		else if (take_option(&line, typed))
			return -1;
	}
	return 0;
}

/* --- all of them --- */

const char *source_directory(void)
{
	const char *directory = getenv("DIRTYPIN_SOURCE");

	return directory && directory[0] ? directory : DIRTYPIN_SOURCE_DIR;
}

static int from_some_file(struct arguments *arguments, char *why, size_t why_bytes)
{
	char path[4096];

	if (access("dirtypin.ini", F_OK) == 0)
		return arguments_from_file(arguments, "dirtypin.ini", why, why_bytes);
	snprintf(path, sizeof(path), "%s/dirtypin.ini", source_directory());
	if (access(path, F_OK) == 0)
		return arguments_from_file(arguments, path, why, why_bytes);
	return 0;
}

static int check_words(const struct arguments *arguments, char *why, size_t why_bytes)
{
	const struct command *command = arguments->command;
	unsigned count = arguments->word_count;

	if (arguments->help || (count >= command->minimum_words && count <= command->maximum_words))
		return 0;
	if (count > command->maximum_words)
		snprintf(why, why_bytes, "%s: \"%s\" is one word too many (usage: ./run.sh %s%s%s)",
			 command->name, arguments->words[command->maximum_words], command->name,
			 command->words[0] ? " " : "", command->words);
	else
		snprintf(why, why_bytes, "%s needs more words (usage: ./run.sh %s %s)",
			 command->name, command->name, command->words);
	return -1;
}

int arguments_read(struct arguments *arguments, const struct command *command, int argc,
		   char **argv, char *why, size_t why_bytes)
{
	*arguments = (struct arguments){.command = command, .argc = argc, .argv = argv};
	arguments_preset(arguments);
	/* Help is there for the very user whose settings are broken. */
	if (arguments_from_line(arguments, argc, argv, why, why_bytes))
		return -1;
	if (arguments->help)
		return 0;
	arguments_free(arguments);
	*arguments = (struct arguments){.command = command, .argc = argc, .argv = argv};
	arguments_preset(arguments);
	if (from_some_file(arguments, why, why_bytes) ||
	    arguments_from_environment(arguments, why, why_bytes) ||
	    arguments_from_line(arguments, argc, argv, why, why_bytes))
		return -1;
	return check_words(arguments, why, why_bytes);
}
