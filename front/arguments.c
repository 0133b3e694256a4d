// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The option table, and setting one option from a text, whoever it came from.
 */
#include "front/arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/set.h"
#include "front/values.h"
#include "lib/text.h"

enum { ROUNDS_LIMIT = 1000000, NAMES_LIMIT = 64 };

const char *const profile_words[] = {
	[PROFILE_QUICK] = "quick", [PROFILE_NIGHTLY] = "nightly", [PROFILE_SOAK] = "soak", NULL};

#define AT(member) offsetof(struct arguments, member)

const struct argument_row argument_rows[] = {
	{.name = "fs",
	 .kind = ARGUMENT_TEXT,
	 .value = "LIST",
	 .preset = "none,tmpfs,ext4,ext4_journal,xfs,btrfs,btrfs_nodatasum",
	 .help = "file systems, separated by commas, each made on an image of its own; none stands "
		 "for the cases that have no file",
	 .offset = AT(fs)},
	{.name = "dir",
	 .kind = ARGUMENT_TEXT,
	 .value = "DIR",
	 .help = "an existing directory on the file system to test, instead of --fs; changes "
		 "nothing of the machine and needs no root",
	 .offset = AT(dir)},
	{.name = "profile",
	 .kind = ARGUMENT_PROFILE,
	 .value = "NAME",
	 .preset = "quick",
	 .help = "quick (every pair of choices, under 3 minutes), nightly (every case), soak "
		 "(quick "
		 "again and again with other seeds until --duration is over)",
	 .offset = AT(profile)},
	{.name = "duration",
	 .kind = ARGUMENT_DURATION,
	 .value = "T",
	 .otherwise = "what the profile takes",
	 .help = "time for the whole run (90s, 5m, 2h); the time for one case follows from it",
	 .offset = AT(duration_ns)},
	{.name = "rounds",
	 .kind = ARGUMENT_COUNT,
	 .value = "N",
	 .preset = "1",
	 .help = "how many times each case runs",
	 .offset = AT(rounds)},
	{.name = "seed",
	 .kind = ARGUMENT_SEED,
	 .value = "N",
	 .otherwise = "random, and printed",
	 .help = "decimal or 0x...; the same seed gives the same plan and the same bytes",
	 .offset = AT(seed)},
	{.name = "label",
	 .kind = ARGUMENT_TEXT,
	 .value = "TEXT",
	 .help = "goes into the name of the bundle",
	 .offset = AT(label)},
	{.name = "out",
	 .kind = ARGUMENT_TEXT,
	 .value = "DIR",
	 .otherwise = "a new directory in results/runs",
	 .help = "the bundle's directory",
	 .offset = AT(out)},
	{.name = "exclude",
	 .kind = ARGUMENT_LIST,
	 .value = "GLOB",
	 .help = "leaves out the cases whose id matches; may be repeated",
	 .offset = AT(exclude)},
	{.name = "scratch",
	 .kind = ARGUMENT_TEXT,
	 .value = "DIR",
	 .preset = "/var/tmp/dirtypin",
	 .help = "where images and mount points go; made, and removed at the end",
	 .offset = AT(scratch)},
	{.name = "dry-run",
	 .kind = ARGUMENT_FLAG,
	 .help = "prints the plan and changes nothing; needs no root",
	 .offset = AT(dry_run)},
	{.name = "json",
	 .kind = ARGUMENT_FLAG,
	 .help = "one JSON document on standard output, all else on standard error",
	 .offset = AT(json)},
	{.name = "no-color",
	 .kind = ARGUMENT_FLAG,
	 .help = "no colours (NO_COLOR in the environment does the same)",
	 .offset = AT(no_color)},
	{.name = "verbose",
	 .letter = 'v',
	 .kind = ARGUMENT_FLAG,
	 .help = "a line for each case, not only for those that fail",
	 .offset = AT(verbose)},
	{.name = "help",
	 .letter = 'h',
	 .kind = ARGUMENT_FLAG,
	 .help = "this text",
	 .offset = AT(help)},
	{.name = NULL},
};

/* Text of a file or a variable: several globs are separated by blanks, since ids have commas. */
static int set_list(struct argument_list *list, const char *text, bool append, char *why,
		    size_t why_bytes)
{
	char *copy = strdup(text), *rest = NULL;

	if (!append)
		argument_list_free(list);
	for (char *each = strtok_r(copy, " \t", &rest); each; each = strtok_r(NULL, " \t", &rest)) {
		list->item = realloc(list->item, (list->count + 1) * sizeof(*list->item));
		if (!list->item)
			abort();
		list->item[list->count++] = strdup(each);
	}
	free(copy);
	if (!list->count)
		snprintf(why, why_bytes, "is empty");
	return list->count ? 0 : -1;
}

void argument_list_free(struct argument_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		free(list->item[i]);
	free(list->item);
	*list = (struct argument_list){0};
}

static int set_text(char **at, const char *text, char *why, size_t why_bytes)
{
	if (!text[0]) {
		snprintf(why, why_bytes, "is empty");
		return -1;
	}
	free(*at);
	*at = strdup(text);
	if (!*at)
		abort();
	return 0;
}

static int set_profile(unsigned *at, const char *text, char *why, size_t why_bytes)
{
	int index = value_word(text, profile_words);

	if (index < 0) {
		snprintf(why, why_bytes, "\"%s\" is not one of quick, nightly, soak", text);
		return -1;
	}
	*at = (unsigned)index;
	return 0;
}

static int complain(bool good, const char *text, const char *want, char *why, size_t why_bytes)
{
	if (!good)
		snprintf(why, why_bytes, "\"%s\" is not %s", text, want);
	return good ? 0 : -1;
}

int argument_set(struct arguments *arguments, const struct argument_row *row, const char *text,
		 bool append, char *why, size_t why_bytes)
{
	void *at = (char *)arguments + row->offset;

	switch (row->kind) {
	case ARGUMENT_FLAG:
		return complain(value_flag(text, at), text, "yes or no", why, why_bytes);
	case ARGUMENT_TEXT:
		return set_text(at, text, why, why_bytes);
	case ARGUMENT_LIST:
		return set_list(at, text, append, why, why_bytes);
	case ARGUMENT_PROFILE:
		return set_profile(at, text, why, why_bytes);
	case ARGUMENT_DURATION:
		return complain(value_duration(text, at), text,
				"a time above zero such as 90s, 5m or 2h", why, why_bytes);
	case ARGUMENT_COUNT:
		return complain(value_count(text, ROUNDS_LIMIT, at), text,
				"a whole number from 1 to 1000000", why, why_bytes);
	case ARGUMENT_SEED:
		return complain(value_seed(text, at), text,
				"a number below 2^63, decimal or with 0x", why, why_bytes);
	}
	return -1;
}

const struct argument_row *argument_find(const char *name)
{
	for (const struct argument_row *row = argument_rows; row->name; row++) {
		size_t i = 0;

		while (name[i] &&
		       (row->name[i] == name[i] || (row->name[i] == '-' && name[i] == '_')))
			i++;
		if (!name[i] && !row->name[i])
			return row;
	}
	return NULL;
}

bool argument_belongs(const struct argument_row *row, const struct command *command)
{
	size_t length = strlen(row->name);

	if (strcmp(row->name, "help") == 0)
		return true;
	for (const char *at = command->options; at && *at;) {
		size_t word = strcspn(at, " ");

		if (word == length && strncmp(at, row->name, length) == 0)
			return true;
		at += word + strspn(at + word, " ");
	}
	return false;
}

void argument_nearest(const struct command *command, const char *typed, char *text, size_t bytes)
{
	const char *names[NAMES_LIMIT];
	unsigned count = 0;

	for (const struct argument_row *row = argument_rows; row->name; row++) {
		if ((!command || argument_belongs(row, command)) && count < NAMES_LIMIT)
			names[count++] = row->name;
	}
	text_nearest(typed, names, count, text, bytes);
}

void argument_mark(struct arguments *arguments, const struct argument_row *row)
{
	arguments->given |= 1ull << (row - argument_rows);
}

bool arguments_given(const struct arguments *arguments, const char *name)
{
	const struct argument_row *row = argument_find(name);

	return row && arguments->given & 1ull << (row - argument_rows);
}

void arguments_free(struct arguments *arguments)
{
	free(arguments->fs);
	free(arguments->dir);
	free(arguments->label);
	free(arguments->out);
	free(arguments->scratch);
	free(arguments->words);
	argument_list_free(&arguments->exclude);
	*arguments = (struct arguments){0};
}
