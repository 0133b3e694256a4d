// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A new workload, stressor or reproducer is one new file: this writes it from a template. Nothing
 * else has to know it, since the rooms are globbed when they are built.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/arguments.h"
#include "lib/tables.h"

enum { PATH_LIMIT = 4096, NAME_LIMIT = 31 };

static const struct kind {
	const char *word, *room;
	enum table_kind table;
} kinds[] = {
	{"workload", "bench", TABLE_WORKLOAD},
	{"stressor", "stress", TABLE_STRESSOR},
	{"reproducer", "reproducers", TABLE_REPRODUCER},
};

static int usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int usage(const char *format, ...)
{
	va_list list;

	fprintf(stderr, "dirtypin: new: ");
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fprintf(stderr, "\n");
	return CODE_USAGE;
}

/* Names stand in C, in ids and in file names alike. */
static bool good_name(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	size_t length = strlen(name);

	return length > 1 && length <= NAME_LIMIT && strchr(first, name[0]) &&
	       strspn(name, rest) == length && name[length - 1] != '_';
}

static const char *existing(const char *name)
{
	static const char *const words[TABLE_KINDS] = {
		[TABLE_WORKLOAD] = "workload", [TABLE_BACKING] = "backing",
		[TABLE_STRESSOR] = "stressor", [TABLE_FILESYSTEM] = "file system",
		[TABLE_LAYER] = "block layer", [TABLE_REPRODUCER] = "reproducer"};

	for (enum table_kind kind = 0; kind < TABLE_KINDS; kind++) {
		for_each_table (node, kind) {
			if (strcmp(node->name, name) == 0)
				return words[kind];
		}
	}
	return NULL;
}

/* Copies the template, with the name in place of @NAME@. */
static void fill(FILE *from, FILE *to, const char *name)
{
	static const char mark[] = "@NAME@";
	char *line = NULL;
	size_t bytes = 0;

	while (getline(&line, &bytes, from) > 0) {
		char *at = line, *found;

		while ((found = strstr(at, mark))) {
			fprintf(to, "%.*s%s", (int)(found - at), at, name);
			at = found + strlen(mark);
		}
		fputs(at, to);
	}
	free(line);
}

static int write_new(const struct kind *kind, const char *name)
{
	char template[PATH_LIMIT], path[PATH_LIMIT];
	FILE *from, *to;
	int failed;

	snprintf(template, sizeof(template), "%s/docs/templates/%s.c.in", source_directory(),
		 kind->word);
	snprintf(path, sizeof(path), "%s/%s/%s.c", source_directory(), kind->room, name);
	from = fopen(template, "re");
	if (!from)
		return usage("%s: %s", template, strerror(errno));
	/* "x": whatever stands there already is somebody's work. */
	to = fopen(path, "wxe");
	if (!to) {
		fclose(from);
		return usage("%s: %s", path, strerror(errno));
	}
	fill(from, to, name);
	failed = ferror(to) | ferror(from);
	fclose(from);
	if (fclose(to) || failed) {
		unlink(path);
		return usage("%s could not be written in full", path);
	}
	printf("%s: fill in each TODO, then ./run.sh list shows it; docs/adding.md explains the "
	       "table\n",
	       path);
	return CODE_PASSED;
}

static int run_new(const struct arguments *arguments)
{
	const char *word = arguments->words[0], *name = arguments->words[1];
	const char *taken;

	if (!good_name(name))
		return usage("\"%s\" is not a name: 2 to 31 of a-z, 0-9 and _, beginning with a "
			     "letter and not ending in _",
			     name);
	taken = existing(name);
	if (taken)
		return usage("there is a %s called %s already", taken, name);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].word, word) == 0)
			return write_new(&kinds[i], name);
	}
	return usage("\"%s\" is not one of workload, stressor, reproducer", word);
}

const struct command command_new = {
	.name = "new",
	.words = "workload|stressor|reproducer NAME",
	.summary = "writes bench/NAME.c, stress/NAME.c or reproducers/NAME.c from a template",
	.details = "The file compiles as it is, and has a TODO wherever something is yours to say. "
		   "Nothing else needs to be touched.",
	.options = "",
	.minimum_words = 2,
	.maximum_words = 2,
	.run = run_new,
};
