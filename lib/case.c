// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A case's options and its id. An id is canonical: options stand in table order and only those that
 * are not at their default, so that two runs that asked the same question have the same string to
 * compare by.
 */
#include "lib/case.h"

#include <string.h>

#include "lib/text.h"

/* The ways that every workload of the case has. */
static unsigned ways_of(const struct case_spec *spec)
{
	unsigned ways = WAY_IN | WAY_OUT;

	for (unsigned i = 0; i < spec->workloads; i++)
		ways &= spec->workload[i]->ways;
	return ways;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A stamp never crosses a block, and every workload needs a mover. */
static int64_t slot_limit(const struct option_values *options)
{
	return option_get(options, "block");
}

static int64_t writers_floor(const struct case_spec *spec)
{
	return spec->workloads > 1 ? spec->workloads : 1;
}

void case_options(struct case_spec *spec)
{
	struct option_values *options = &spec->options;

	if (!(ways_of(spec) & WAY_IN))
		option_add_table(options, way_out_options);
	option_add_table(options, common_options);
	for (unsigned i = 0; i < spec->workloads; i++)
		option_add_table(options, spec->workload[i]->options);
	for (unsigned i = 0; i < spec->stressors; i++)
		option_add_table(options, spec->stressor[i]->options);
	if (option_get(options, "slot") > slot_limit(options))
		option_put(options, "slot", slot_limit(options));
	if (option_get(options, "writers") < writers_floor(spec))
		option_put(options, "writers", writers_floor(spec));
}

void case_complete(struct case_spec *spec)
{
	case_options(spec);
	case_write_id(spec);
}

/* The options with those that are only at a bound set by others put back to their default: the id
 * omits them. */
static struct option_values options_of_id(const struct case_spec *spec)
{
	struct option_values options = spec->options;

	for (unsigned i = 0; i < options.count; i++) {
		const struct option_row *row = options.item[i].row;
		int64_t bound = row->preset;

		if (strcmp(row->name, "slot") == 0)
			bound = least(row->preset, slot_limit(&options));
		else if (strcmp(row->name, "writers") == 0 && writers_floor(spec) > bound)
			bound = writers_floor(spec);
		if (options.item[i].value == bound)
			options.item[i].value = row->preset;
	}
	return options;
}

void case_write_id(struct case_spec *spec)
{
	struct option_values options = options_of_id(spec);
	char text[CASE_ID_BYTES];
	size_t at = 0;

	spec->id[0] = '\0';
	for (unsigned i = 0; i < spec->workloads; i++)
		at = text_add(spec->id, sizeof(spec->id), at, "%s%s", i ? "+" : "",
			      spec->workload[i]->name);
	at = text_add(spec->id, sizeof(spec->id), at, "/%s/", spec->backing->name);
	for (unsigned i = 0; i < spec->stressors; i++)
		at = text_add(spec->id, sizeof(spec->id), at, "%s%s", i ? "+" : "",
			      spec->stressor[i]->name);
	at = text_add(spec->id, sizeof(spec->id), at, "@%s", spec->filesystem->name);
	if (option_format(&options, text, sizeof(text)))
		text_add(spec->id, sizeof(spec->id), at, ":%s", text);
}

enum way case_way(const struct case_spec *spec)
{
	return (enum way)option_get(&spec->options, "way");
}

bool case_uses_file(const struct case_spec *spec)
{
	bool far_file = false;

	for (unsigned i = 0; i < spec->workloads; i++)
		far_file |= spec->workload[i]->far == FAR_FILE;
	return far_file || spec->backing->on_disk;
}

bool case_judges_memory(const struct case_spec *spec)
{
	return case_way(spec) == WAY_IN || spec->workload[0]->far == FAR_SELF;
}

bool case_dirties_page_cache(const struct case_spec *spec)
{
	const struct backing *backing = spec->backing;

	if (!spec->filesystem->block_device)
		return false;
	if (case_judges_memory(spec))
		return backing->file && backing->shared && backing->on_disk;
	for (unsigned i = 0; i < spec->workloads; i++) {
		if (spec->workload[i]->far == FAR_FILE && spec->workload[i]->far_buffered_out)
			return true;
	}
	return false;
}
