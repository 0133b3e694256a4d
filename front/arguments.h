/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user asked for: one table of options drives parsing, help and defaults. The command
 * line wins over the environment (DIRTYPIN_*), that over dirtypin.ini (section [run]) in the
 * current directory or else in the source tree, and that over the defaults in the table.
 */
#ifndef FRONT_ARGUMENTS_H
#define FRONT_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "front/command.h"
#include "lib/plan.h"

/* Texts and lists belong to struct arguments. */
struct argument_list {
	char **item;
	unsigned count;
};

struct arguments {
	const struct command *command;
	char *fs, *dir, *label, *out, *scratch;
	unsigned profile; /* of enum profile */
	uint64_t duration_ns;
	unsigned rounds;
	uint64_t seed;
	struct argument_list exclude;
	bool dry_run, json, no_color, verbose, help;
	uint64_t given; /* a bit for each row of argument_rows that was set by anyone */

	const char **words; /* what is no option */
	unsigned word_count;
	int argc;
	char **argv; /* as typed, from the command on */
};

enum argument_kind {
	ARGUMENT_FLAG,
	ARGUMENT_TEXT,
	ARGUMENT_LIST,
	ARGUMENT_PROFILE,
	ARGUMENT_DURATION,
	ARGUMENT_COUNT,
	ARGUMENT_SEED
};

struct argument_row {
	const char *name; /* without the dashes; NULL ends the table */
	char letter;      /* its short form, or 0 */
	enum argument_kind kind;
	const char *value;     /* the word for its value in help */
	const char *preset;    /* as it would be typed, or NULL */
	const char *otherwise; /* what help says where preset is NULL, or NULL */
	const char *help;
	size_t offset; /* in struct arguments */
};

extern const struct argument_row argument_rows[];

/* The words of enum profile. */
extern const char *const profile_words[];

/* Reads everything for command. argv[0] is the command, or the program. Returns 0, or -1 with one
 * sentence. Free it in both cases. */
int arguments_read(struct arguments *arguments, const struct command *command, int argc,
		   char **argv, char *why, size_t why_bytes);
void arguments_free(struct arguments *arguments);

/* Whether somebody (not the default) set the option called name. */
bool arguments_given(const struct arguments *arguments, const char *name);

/* Whether the option belongs to the command. */
bool argument_belongs(const struct argument_row *row, const struct command *command);

/* The row called name; '_' stands for '-' as well. NULL: there is none. */
const struct argument_row *argument_find(const char *name);

/* The sources, lowest first. Each returns 0, or -1 with one sentence. */
void arguments_preset(struct arguments *arguments);
int arguments_from_file(struct arguments *arguments, const char *path, char *why, size_t why_bytes);
int arguments_from_environment(struct arguments *arguments, char *why, size_t why_bytes);
int arguments_from_line(struct arguments *arguments, int argc, char **argv, char *why,
			size_t why_bytes);

/* Where the suite's sources and results are: DIRTYPIN_SOURCE, else where it was built. */
const char *source_directory(void);

#endif
