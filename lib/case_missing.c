// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the running machine lacks for a case: the probes of all its parts, asked before anything is
 * set up, so that a skip names every missing thing at once.
 */
#include "lib/case.h"

#include <string.h>
#include <unistd.h>

#include "lib/text.h"

struct list {
	char *text;
	size_t bytes, at;
	unsigned count;
};

/* A sentence that does not name its part itself is put behind the part's name. */
static void add(struct list *list, const char *name, const char *kind, const char *sentence)
{
	bool named = strncmp(sentence, name, strlen(name)) == 0;

	list->at =
		text_add(list->text, list->bytes, list->at, "%s%s%s%s", list->count++ ? "; " : "",
			 named ? "" : name, named ? "" : kind, sentence);
}

static void add_probe(struct list *list, const char *name, const char *(*probe)(void))
{
	const char *sentence = probe ? probe() : NULL;

	if (sentence)
		add(list, name, ": ", sentence);
}

static void add_root(struct list *list, const char *name, unsigned needs)
{
	if (needs & NEED_ROOT && geteuid() != 0)
		add(list, name, " ", "needs root (try: sudo)");
}

static void add_part(struct list *list, enum table_kind kind, const void *table)
{
	const struct workload *workload = table;
	const struct backing *backing = table;
	const struct stressor *stressor = table;
	const struct filesystem *filesystem = table;
	const struct layer *layer = table;

	switch (kind) {
	case TABLE_WORKLOAD:
		if (workload->missing)
			add(list, workload->name, " was not built: ", workload->missing);
		else
			add_probe(list, workload->name, workload->probe);
		add_root(list, workload->name, workload->needs);
		break;
	case TABLE_BACKING:
		add_probe(list, backing->name, backing->probe);
		break;
	case TABLE_STRESSOR:
		add_probe(list, stressor->name, stressor->probe);
		add_root(list, stressor->name, stressor->needs);
		break;
	case TABLE_FILESYSTEM:
		add_probe(list, filesystem->name, filesystem->probe);
		if (filesystem->layer)
			add_probe(list, filesystem->name, filesystem->layer->probe);
		break;
	case TABLE_LAYER:
		add_probe(list, layer->name, layer->probe);
		break;
	default:
		break;
	}
}

static struct list empty_list(char *why, size_t why_bytes)
{
	if (why_bytes)
		why[0] = '\0';
	return (struct list){why, why_bytes, 0, 0};
}

unsigned part_missing(enum table_kind kind, const void *table, char *why, size_t why_bytes)
{
	struct list list = empty_list(why, why_bytes);

	add_part(&list, kind, table);
	return list.count;
}

unsigned case_missing(const struct case_spec *spec, char *why, size_t why_bytes)
{
	struct list list = empty_list(why, why_bytes);

	for (unsigned i = 0; i < spec->workloads; i++)
		add_part(&list, TABLE_WORKLOAD, spec->workload[i]);
	add_part(&list, TABLE_BACKING, spec->backing);
	for (unsigned i = 0; i < spec->stressors; i++)
		add_part(&list, TABLE_STRESSOR, spec->stressor[i]);
	add_part(&list, TABLE_FILESYSTEM, spec->filesystem);
	return list.count;
}
