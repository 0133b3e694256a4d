// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/tables.h"

#include <string.h>

static struct table_node *lists[TABLE_KINDS];

void table_register(enum table_kind kind, struct table_node *node)
{
	struct table_node **at = &lists[kind];

	while (*at && strcmp((*at)->name, node->name) < 0)
		at = &(*at)->next;
	node->next = *at;
	*at = node;
}

const struct table_node *table_first(enum table_kind kind)
{
	return lists[kind];
}

unsigned table_count(enum table_kind kind)
{
	unsigned count = 0;

	for_each_table (node, kind)
		count++;
	return count;
}

static const void *find(enum table_kind kind, const char *name)
{
	for_each_table (node, kind) {
		if (strcmp(node->name, name) == 0)
			return node->table;
	}
	return NULL;
}

const struct workload *workload_find(const char *name)
{
	return find(TABLE_WORKLOAD, name);
}

const struct backing *backing_find(const char *name)
{
	return find(TABLE_BACKING, name);
}

const struct stressor *stressor_find(const char *name)
{
	return find(TABLE_STRESSOR, name);
}

const struct filesystem *filesystem_find(const char *name)
{
	return find(TABLE_FILESYSTEM, name);
}

const struct layer *layer_find(const char *name)
{
	return find(TABLE_LAYER, name);
}

const struct reproducer *reproducer_find(const char *name)
{
	return find(TABLE_REPRODUCER, name);
}
