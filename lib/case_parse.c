// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading an id. Nothing is guessed: a name that no table has, an option that no part has and a
 * value out of its bounds each end in one sentence, so that a typing error never runs as another
 * case.
 */
#include "lib/case.h"

#include <string.h>

#include "lib/text.h"

enum { NAMES_LIMIT = 128, NEAREST_BYTES = 160 };

struct reader {
	struct case_spec *spec;
	char *why;
	size_t why_bytes;
};

/* Ends text at the first mark and returns what stands behind it, or NULL. */
static char *cut(char *text, char mark)
{
	char *at = text ? strchr(text, mark) : NULL;

	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

static const void *find(struct reader *reader, enum table_kind kind, const char *name)
{
	static const char *const words[TABLE_KINDS] = {
		[TABLE_WORKLOAD] = "workload", [TABLE_BACKING] = "backing",
		[TABLE_STRESSOR] = "stressor", [TABLE_FILESYSTEM] = "file system",
		[TABLE_LAYER] = "block layer", [TABLE_REPRODUCER] = "reproducer"};
	const char *names[NAMES_LIMIT];
	char nearest[NEAREST_BYTES];
	unsigned count = 0;

	for_each_table (node, kind) {
		if (strcmp(node->name, name) == 0)
			return node->table;
		if (count < NAMES_LIMIT)
			names[count++] = node->name;
	}
	text_nearest(name, names, count, nearest, sizeof(nearest));
	text_add(reader->why, reader->why_bytes, 0, "unknown %s '%s' (%s %s?)", words[kind], name,
		 count ? "did you mean" : "there is none; was this built without",
		 count ? nearest : "its files");
	return NULL;
}

static int read_workloads(struct reader *reader, char *names)
{
	struct case_spec *spec = reader->spec;

	for (char *next; names; names = next) {
		next = cut(names, '+');
		if (spec->workloads == WORKLOADS_PER_CASE) {
			text_add(reader->why, reader->why_bytes, 0,
				 "'%s' is one workload too many: a case joins up to %d", names,
				 WORKLOADS_PER_CASE);
			return -1;
		}
		spec->workload[spec->workloads] = find(reader, TABLE_WORKLOAD, names);
		if (!spec->workload[spec->workloads++])
			return -1;
	}
	return 0;
}

static int read_stressors(struct reader *reader, char *names)
{
	struct case_spec *spec = reader->spec;

	for (char *next; names; names = next) {
		next = cut(names, '+');
		if (spec->stressors == STRESSORS_PER_CASE) {
			text_add(reader->why, reader->why_bytes, 0,
				 "'%s' is one stressor too many: a case joins up to %d", names,
				 STRESSORS_PER_CASE);
			return -1;
		}
		spec->stressor[spec->stressors] = find(reader, TABLE_STRESSOR, names);
		if (!spec->stressor[spec->stressors++])
			return -1;
	}
	return 0;
}

int case_set_options(struct case_spec *spec, const char *text, char *why, size_t why_bytes)
{
	char copy[CASE_ID_BYTES];
	const char *given[OPTIONS_PER_CASE];
	unsigned count = 0;

	case_options(spec);
	if (text_add(copy, sizeof(copy), 0, "%s", text) < strlen(text)) {
		text_add(why, why_bytes, 0, "the options are longer than %d bytes", CASE_ID_BYTES);
		return -1;
	}
	for (char *name = copy, *next, *value; name; name = next) {
		next = cut(name, ',');
		value = cut(name, '=');
		if (!value) {
			text_add(why, why_bytes, 0, "'%s' is not an option: NAME=VALUE", name);
			return -1;
		}
		for (unsigned i = 0; i < count; i++) {
			if (strcmp(given[i], name) == 0) {
				text_add(why, why_bytes, 0, "%s is given twice", name);
				return -1;
			}
		}
		if (option_set(&spec->options, name, value, why, why_bytes) < 0)
			return -1;
		given[count++] = name;
	}
	case_complete(spec);
	return 0;
}

int case_parse(struct case_spec *spec, const char *id, char *why, size_t why_bytes)
{
	struct case_spec read = {.seed = spec->seed, .round = spec->round};
	struct reader reader = {&read, why, why_bytes};
	char text[CASE_ID_BYTES];
	char *backing, *stressors, *filesystem, *options;

	text_add(text, sizeof(text), 0, "%s", id);
	backing = cut(text, '/');
	stressors = cut(backing, '/');
	filesystem = cut(stressors, '@');
	options = cut(filesystem, ':');
	if (!filesystem || strlen(id) >= sizeof(text)) {
		text_add(
			why, why_bytes, 0,
			"'%s' is not a case id, which reads "
			"WORKLOAD/BACKING/STRESSOR@FILESYSTEM[:OPTION=VALUE,...] in up to %d bytes",
			id, CASE_ID_BYTES - 1);
		return -1;
	}
	if (read_workloads(&reader, text) < 0)
		return -1;
	read.backing = find(&reader, TABLE_BACKING, backing);
	if (!read.backing || read_stressors(&reader, stressors) < 0)
		return -1;
	read.filesystem = find(&reader, TABLE_FILESYSTEM, filesystem);
	if (!read.filesystem)
		return -1;
	if (options && case_set_options(&read, options, why, why_bytes) < 0)
		return -1;
	case_complete(&read);
	*spec = read;
	return 0;
}
