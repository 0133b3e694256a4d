// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What there is to choose from, and what this machine lacks for it: a name is never left out.
 */
#include <jansson.h>

#include "front/documents.h"
#include "lib/case.h"
#include "lib/tables.h"
#include "lib/text.h"
#include "results/json.h"

enum { TRAITS_BYTES = 128, MISSING_BYTES = 1024, NAME_COLUMNS = 22, TRAITS_COLUMNS = 26 };

/* One row of any table, in words. */
struct entry {
	const char *name, *summary;
	char missing[MISSING_BYTES]; /* or empty */
	char traits[TRAITS_BYTES];
	const struct option_row *options;
};

static const struct room {
	enum table_kind kind;
	const char *key, *heading;
} rooms[] = {
	{TABLE_WORKLOAD, "workloads", "workloads (who pins; how long; ways)"},
	{TABLE_BACKING, "backings", "backings (what memory)"},
	{TABLE_STRESSOR, "stressors", "stressors (what happens meanwhile; where it lives)"},
	{TABLE_FILESYSTEM, "filesystems", "file systems (where the file lives)"},
	{TABLE_LAYER, "layers", "block layers (what a file system lies on: FILESYSTEM+LAYER)"},
	{TABLE_REPRODUCER, "reproducers", "reproducers (one known kernel change each; its class)"},
};

static void read_workload(struct entry *entry, const struct workload *workload)
{
	size_t at = text_add(entry->traits, TRAITS_BYTES, 0, "%s", pin_word(workload->pin));

	for (unsigned way = WAY_IN; way <= WAY_OUT; way <<= 1) {
		if (workload->ways & way)
			at = text_add(entry->traits, TRAITS_BYTES, at, " %s",
				      way_word((enum way)way));
	}
	entry->summary = workload->summary;
	entry->options = workload->options;
}

static void read_backing(struct entry *entry, const struct backing *backing)
{
	text_add(entry->traits, TRAITS_BYTES, 0, "%s%s",
		 !backing->file     ? "no file"
		 : backing->on_disk ? "file"
				    : "file in memory",
		 backing->shared ? ", shared" : ", private");
	entry->summary = backing->summary;
}

static void read_stressor(struct entry *entry, const struct stressor *stressor)
{
	text_add(entry->traits, TRAITS_BYTES, 0, "%s", place_word(stressor->place));
	entry->summary = stressor->summary;
	entry->options = stressor->options;
}

static void read_filesystem(struct entry *entry, const struct filesystem *filesystem)
{
	const struct layer *layer = filesystem->layer;

	text_add(entry->traits, TRAITS_BYTES, 0, "%s%s",
		 filesystem->block_device ? "block device" : "memory",
		 filesystem->checksummed || (layer && layer->checksummed) ? ", checksums" : "");
	entry->summary = filesystem->summary;
}

static void read_layer(struct entry *entry, const struct layer *layer)
{
	text_add(entry->traits, TRAITS_BYTES, 0, "%s%s", layer->is_disk ? "disk" : "on the image",
		 layer->checksummed ? ", checksums" : "");
	entry->summary = layer->summary;
}

static void read_reproducer(struct entry *entry, const struct reproducer *reproducer)
{
	text_add(entry->traits, TRAITS_BYTES, 0, "%s", reproducer->class_word);
	entry->summary = reproducer->summary;
}

static struct entry read_entry(enum table_kind kind, const struct table_node *node)
{
	struct entry entry = {.name = node->name};

	switch (kind) {
	case TABLE_WORKLOAD:
		read_workload(&entry, node->table);
		break;
	case TABLE_BACKING:
		read_backing(&entry, node->table);
		break;
	case TABLE_STRESSOR:
		read_stressor(&entry, node->table);
		break;
	case TABLE_FILESYSTEM:
		read_filesystem(&entry, node->table);
		break;
	case TABLE_LAYER:
		read_layer(&entry, node->table);
		break;
	case TABLE_REPRODUCER:
		read_reproducer(&entry, node->table);
		break;
	case TABLE_KINDS:
		break;
	}
	/* What a reproducer lacks is what its case lacks, which it says when it runs. */
	if (kind != TABLE_REPRODUCER)
		part_missing(kind, node->table, entry.missing, sizeof(entry.missing));
	return entry;
}

/* --- as text --- */

static void print_options(const struct option_row *row)
{
	for (; row && row->name; row++) {
		if (row->words)
			printf("      %s=%s: %s\n", row->name,
			       row->words[row->preset - row->minimum], row->help);
		else
			printf("      %s=%lld: %s\n", row->name, (long long)row->preset, row->help);
	}
}

static void print_room(const struct room *room, bool verbose)
{
	printf("%s\n", room->heading);
	for_each_table (node, room->kind) {
		struct entry entry = read_entry(room->kind, node);

		printf("  %-*s %-*s %s\n", NAME_COLUMNS, entry.name, TRAITS_COLUMNS, entry.traits,
		       entry.summary);
		if (entry.missing[0])
			printf("    missing here: %s\n", entry.missing);
		if (verbose)
			print_options(entry.options);
	}
	printf("\n");
}

/* --- as JSON --- */

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, text ? json_text(text, SIZE_MAX) : json_null());
}

static json_t *options_of(const struct option_row *row)
{
	json_t *options = json_array();

	for (; row && row->name; row++) {
		json_t *object = json_object();

		set_text(object, "name", row->name);
		set_text(object, "help", row->help);
		json_object_set_new(
			object, "default",
			row->words ? json_text(row->words[row->preset - row->minimum], SIZE_MAX)
				   : json_integer(row->preset));
		json_object_set_new(object, "minimum", json_integer(row->minimum));
		json_object_set_new(object, "maximum", json_integer(row->maximum));
		json_array_append_new(options, object);
	}
	return options;
}

static json_t *room_of(const struct room *room)
{
	json_t *array = json_array();

	for_each_table (node, room->kind) {
		struct entry entry = read_entry(room->kind, node);
		json_t *object = json_object();

		set_text(object, "name", entry.name);
		set_text(object, "summary", entry.summary);
		set_text(object, "traits", entry.traits);
		set_text(object, "missing", entry.missing[0] ? entry.missing : NULL);
		json_object_set_new(object, "options", options_of(entry.options));
		json_array_append_new(array, object);
	}
	return array;
}

static int run_list(const struct arguments *arguments)
{
	json_t *document = arguments->json ? json_object() : NULL;

	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		if (document)
			json_object_set_new(document, rooms[i].key, room_of(&rooms[i]));
		else
			print_room(&rooms[i], arguments->verbose);
	}
	if (document) {
		json_object_set_new(document, "options", options_of(common_options));
		document_print(stdout, document);
	} else if (arguments->verbose) {
		printf("options that every case has\n");
		print_options(common_options);
	}
	return CODE_PASSED;
}

const struct command command_list = {
	.name = "list",
	.words = "",
	.summary = "workloads, backings, stressors, file systems, reproducers; what is missing "
		   "here and "
		   "why",
	.details =
		"Case ids are made of these names. With --verbose the options of each are listed "
		"too, with their defaults.",
	.options = "json verbose",
	.run = run_list,
};
