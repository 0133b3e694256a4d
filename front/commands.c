// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of commands, and help, which is written from it and from the table of options.
 */
#include <string.h>

#include "front/arguments.h"
#include "lib/text.h"

enum { HELP_COLUMNS = 88, COMMAND_COLUMN = 46, OPTION_COLUMN = 24 };

const struct command *const commands[] = {
	&command_run,   &command_list, &command_repro,  &command_replay,
	&command_bench, &command_vm,   &command_matrix, &command_report,
	&command_new,   &command_test, &command_help,   &command_guest_result,
	NULL,
};

const struct command *command_find(const char *name)
{
	for (const struct command *const *command = commands; *command; command++) {
		if (strcmp((*command)->name, name) == 0)
			return *command;
	}
	return NULL;
}

/* Prints text, which begins at column at, in lines that begin at column indent. */
static void print_wrapped(FILE *out, const char *text, int at, int indent)
{
	if (at && at >= indent) {
		fprintf(out, "\n");
		at = 0;
	}
	fprintf(out, "%*s", indent - at, "");
	at = indent;
	while (*text) {
		int word = (int)strcspn(text, " \n");

		if (at > indent && at + 1 + word > HELP_COLUMNS) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
		} else if (at > indent) {
			fprintf(out, " ");
			at++;
		}
		fprintf(out, "%.*s", word, text);
		at += word;
		text += word;
		if (*text == '\n') {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
		}
		text += *text ? 1 : 0;
	}
	fprintf(out, "\n");
}

static void print_command(FILE *out, const char *left, const char *summary)
{
	int at = fprintf(out, "  ./run.sh%s%s", left[0] ? " " : "", left);

	print_wrapped(out, summary, at, COMMAND_COLUMN);
}

void help_all(FILE *out)
{
	fprintf(out,
		"dirtypin %s: does memory that is pinned for I/O, while writeback cleans it, "
		"still\n"
		"hold the right bytes?\n\n",
		DIRTYPIN_VERSION);
	print_command(
		out, "[OPTIONS]",
		"the main job: the quick profile on scratch images of ext4, xfs and btrfs, on "
		"tmpfs and on memory alone; a table of verdicts and a bundle, within 3 minutes");
	for (const struct command *const *command = commands; *command; command++) {
		char left[128];

		if ((*command)->internal)
			continue;
		snprintf(left, sizeof(left), "%s%s%s", (*command)->name,
			 (*command)->words[0] ? " " : "", (*command)->words);
		print_command(out, left, (*command)->summary);
	}
	print_command(out, "--version", "the version");
	fprintf(out,
		"\n./run.sh COMMAND --help explains a command and lists its options. Options come "
		"from\n"
		"the command line, else from the environment (DIRTYPIN_FS, DIRTYPIN_SEED, ...), "
		"else\n"
		"from dirtypin.ini (section [run]) in the current directory or the source tree.\n\n"
		"Exit codes: 0 all passed (some may be skipped), 1 a fail, 4 all skipped, 5 no "
		"fail but\n"
		"a broken, 64 usage, 130 and 143 interrupted (a partial bundle is written and the\n"
		"machine restored).\n");
}

static void print_option(FILE *out, const struct argument_row *row)
{
	char text[512];
	size_t at = text_add(text, sizeof(text), 0, "%s", row->help);
	int column = fprintf(out, row->letter ? "  -%c, " : "      ", row->letter);

	if (row->preset)
		text_add(text, sizeof(text), at, " (default: %s)", row->preset);
	else if (row->otherwise)
		text_add(text, sizeof(text), at, " (default: %s)", row->otherwise);
	column += fprintf(out, "--%s%s%s", row->name, row->value ? " " : "",
			  row->value ? row->value : "");
	print_wrapped(out, text, column, OPTION_COLUMN);
}

void help_command(FILE *out, const struct command *command)
{
	fprintf(out, "usage: ./run.sh %s%s%s%s\n\n", command->name, command->words[0] ? " " : "",
		command->words, command->options ? " [OPTIONS]" : "");
	print_wrapped(out, command->summary, 0, 0);
	if (command->details) {
		fprintf(out, "\n");
		print_wrapped(out, command->details, 0, 0);
	}
	fprintf(out, "\noptions:\n");
	for (const struct argument_row *row = argument_rows; row->name; row++) {
		if (argument_belongs(row, command))
			print_option(out, row);
	}
}
