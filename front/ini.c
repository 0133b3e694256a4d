// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dirtypin.ini: KEY = VALUE lines in a section [run], with the names of the options. A key that no
 * option has is an error: settings that are silently without effect are worse than none.
 */
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "front/set.h"

enum { PREDICATE_BYTES = 200, NEAREST_BYTES = 64 };

struct file_reader {
	struct arguments *arguments;
	const char *path;
	char *why;
	size_t why_bytes;
	bool failed;
};

static void unknown_key(const struct file_reader *reader, const char *key)
{
	char nearest[NEAREST_BYTES];

	argument_nearest(NULL, key, nearest, sizeof(nearest));
	snprintf(reader->why, reader->why_bytes, "%s: unknown key \"%s\" (did you mean %s?)",
		 reader->path, key, nearest);
}

/* Returns 1 to go on, as inih wants it; only the first error is told. */
static int one_key(void *context, const char *section, const char *key, const char *value)
{
	struct file_reader *reader = context;
	const struct argument_row *row = argument_find(key);
	char predicate[PREDICATE_BYTES];

	if (reader->failed)
		return 1;
	reader->failed = true;
	if (strcmp(section, "run") != 0) {
		snprintf(reader->why, reader->why_bytes,
			 "%s: key \"%s\" stands in section [%s]; only [run] is known", reader->path,
			 key, section);
	} else if (!row || strcmp(row->name, "help") == 0) {
		unknown_key(reader, key);
	} else if (argument_set(reader->arguments, row, value, false, predicate,
				sizeof(predicate))) {
		snprintf(reader->why, reader->why_bytes, "%s: %s %s", reader->path, key, predicate);
	} else {
		argument_mark(reader->arguments, row);
		reader->failed = false;
	}
	return 1;
}

int arguments_from_file(struct arguments *arguments, const char *path, char *why, size_t why_bytes)
{
	struct file_reader reader = {
		.arguments = arguments, .path = path, .why = why, .why_bytes = why_bytes};
	int line = ini_parse(path, one_key, &reader);

	if (reader.failed)
		return -1;
	if (line == 0)
		return 0;
	if (line < 0)
		snprintf(why, why_bytes, "%s: cannot be read", path);
	else
		snprintf(why, why_bytes, "%s: line %d is neither [run] nor KEY = VALUE", path,
			 line);
	return -1;
}
