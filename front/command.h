/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands: a file front/command_NAME.c ends with its table, and front/commands.c lists the tables.
 */
#ifndef FRONT_COMMAND_H
#define FRONT_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

struct arguments;

/* What scripts rely on; the README lists them all. */
enum {
	CODE_PASSED = 0,
	CODE_FAILED = 1,
	CODE_ALL_SKIPPED = 4,
	CODE_BROKEN = 5,
	CODE_USAGE = 64,
	CODE_SIGNAL = 128, /* plus the signal */
};

struct command {
	const char *name;
	const char *words; /* its words, as help shows them */
	const char *summary;
	const char *details; /* whole paragraphs, for --help */
	const char *options; /* the names of those that it takes, separated by spaces */
	unsigned minimum_words, maximum_words;
	bool parses_itself; /* argc and argv go to it as they were typed */
	bool internal;      /* for the suite's own scripts: help does not list it */
	int (*run)(const struct arguments *arguments);
};

enum { ANY_WORDS = 1u << 20 };

extern const struct command command_bench, command_guest_result, command_help, command_list,
	command_matrix, command_new, command_replay, command_report, command_repro, command_run,
	command_test, command_vm;

/* All of them in the order of help, ended by NULL (front/commands.c). */
extern const struct command *const commands[];

/* The command called name, or NULL. */
const struct command *command_find(const char *name);

/* Help for everything, and for one command. */
void help_all(FILE *out);
void help_command(FILE *out, const struct command *command);

/* bench --self: what one op costs us, without any I/O. argv[0] is "bench". */
int command_self(int argc, char **argv);

#endif
