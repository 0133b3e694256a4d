// SPDX-License-Identifier: GPL-2.0-or-later
#include "front/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"

/* The name of the file system that cases without any file are listed under. */
static const char no_file[] = "none";

static int add(struct places *places, const struct filesystem *filesystem)
{
	for (unsigned i = 0; i < places->count; i++) {
		if (places->filesystem[i] == filesystem)
			return 0;
	}
	if (places->count == SCRATCH_MOUNTS)
		return -1;
	places->filesystem[places->count++] = filesystem;
	return 0;
}

static void say_unknown(const char *name, char *why, size_t why_bytes)
{
	const char *names[64];
	unsigned count = 0;
	char nearest[128];

	for_each_table (node, TABLE_FILESYSTEM) {
		if (count < sizeof(names) / sizeof(names[0]))
			names[count++] = node->name;
	}
	text_nearest(name, names, count, nearest, sizeof(nearest));
	snprintf(why, why_bytes, "--fs: there is no file system \"%s\" (did you mean %s?)", name,
		 nearest);
}

static int choose_listed(struct places *places, const char *list, char *why, size_t why_bytes)
{
	char *copy = strdup(list), *rest = NULL;
	int result = 0;

	for (char *name = strtok_r(copy, ", ", &rest); name && !result;
	     name = strtok_r(NULL, ", ", &rest)) {
		const struct filesystem *filesystem = filesystem_find(name);

		if (!filesystem) {
			say_unknown(name, why, why_bytes);
			result = -1;
		} else if (add(places, filesystem)) {
			snprintf(why, why_bytes, "--fs: more than %d file systems", SCRATCH_MOUNTS);
			result = -1;
		}
	}
	free(copy);
	if (!result && !places->count) {
		snprintf(why, why_bytes, "--fs: \"%s\" names no file system", list);
		result = -1;
	}
	return result;
}

static int choose_directory(struct places *places, char *why, size_t why_bytes)
{
	const struct filesystem *none = filesystem_find(no_file);
	struct mount mount;

	if (scratch_look(&mount, places->directory)) {
		snprintf(why, why_bytes, "%s", mount.missing);
		return -1;
	}
	add(places, mount.filesystem);
	if (none)
		add(places, none);
	return 0;
}

int places_choose(struct places *places, const struct arguments *arguments, char *why,
		  size_t why_bytes)
{
	const char *directory = arguments->dir;

	*places = (struct places){0};
	if (!directory && geteuid() != 0) {
		const char *temporary = getenv("TMPDIR");

		directory = temporary && temporary[0] ? temporary : "/var/tmp";
		places->unasked = true;
	}
	if (directory && (size_t)snprintf(places->directory, sizeof(places->directory), "%s",
					  directory) >= sizeof(places->directory)) {
		snprintf(why, why_bytes, "--dir: the name is longer than %zu bytes",
			 sizeof(places->directory) - 1);
		return -1;
	}
	if (!directory || (places->unasked && arguments_given(arguments, "fs")))
		return choose_listed(places, arguments->fs, why, why_bytes);
	return choose_directory(places, why, why_bytes);
}

const char *places_notice(const struct places *places, char *text, size_t bytes)
{
	if (!places->unasked)
		return NULL;
	snprintf(text, bytes,
		 "not root: testing the file system of %s only; root is needed for loop-mounted "
		 "ext4, xfs, btrfs",
		 places->directory);
	return text;
}
