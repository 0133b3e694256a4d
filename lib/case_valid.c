// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which cases make sense. Every rule holds on any kernel and any machine: it refuses only what
 * cannot be asked at all (a file system for a case without a file, a way that a workload does not
 * have), never what a kernel might turn down. That is an answer, and the case has to run to get it.
 */
#include "lib/case.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { HUGE_REGION_BYTES = 2 << 20, STRESSOR_SHARE_BLOCKS = 4 };

struct complaint {
	char *why;
	size_t bytes;
};

/* The planner asks thousands of times without wanting to know why. */
static bool no(const struct complaint *complaint, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool no(const struct complaint *complaint, const char *format, ...)
{
	va_list arguments;

	if (!complaint->bytes)
		return false;
	va_start(arguments, format);
	vsnprintf(complaint->why, complaint->bytes, format, arguments);
	va_end(arguments);
	return false;
}

static int64_t value(const struct case_spec *spec, const char *name)
{
	return option_get(&spec->options, name);
}

static bool parts_are_whole(const struct case_spec *spec, const struct complaint *complaint)
{
	for (unsigned i = 0; i < spec->workloads; i++) {
		for (unsigned j = 0; j < i; j++) {
			if (spec->workload[i] == spec->workload[j])
				return no(complaint, "%s is joined to itself (try: writers=2)",
					  spec->workload[i]->name);
		}
	}
	for (unsigned i = 0; i < spec->stressors; i++) {
		if (spec->stressors > 1 && strcmp(spec->stressor[i]->name, "quiet") == 0)
			return no(complaint, "quiet is the absence of stressors: it stands alone");
		for (unsigned j = 0; j < i; j++) {
			if (spec->stressor[i] == spec->stressor[j])
				return no(complaint, "%s is joined to itself",
					  spec->stressor[i]->name);
		}
	}
	if (strlen(spec->id) == CASE_ID_BYTES - 1)
		return no(complaint, "the id is longer than %d bytes", CASE_ID_BYTES - 2);
	return true;
}

static bool ways_agree(const struct case_spec *spec, const struct complaint *complaint)
{
	enum way way = case_way(spec);

	for (unsigned i = 0; i < spec->workloads; i++) {
		const struct workload *workload = spec->workload[i];

		if (!(workload->ways & way))
			return no(complaint, "%s has no way=%s", workload->name, way_word(way));
		/* One ledger covers the far end, so that it must be one place. */
		if (way == WAY_OUT && workload->far != spec->workload[0]->far)
			return no(complaint, "%s and %s move bytes out to different far ends",
				  spec->workload[0]->name, workload->name);
	}
	return true;
}

/* The workload whose far end is a file, or NULL. */
static const struct workload *far_file(const struct case_spec *spec)
{
	for (unsigned i = 0; i < spec->workloads; i++) {
		if (spec->workload[i]->far == FAR_FILE)
			return spec->workload[i];
	}
	return NULL;
}

static bool filesystem_fits(const struct case_spec *spec, const struct complaint *complaint)
{
	bool none = strcmp(spec->filesystem->name, "none") == 0;
	bool uses_file = case_uses_file(spec);

	if (uses_file && none)
		return no(complaint, "%s keeps a file, so the case needs a file system",
			  far_file(spec) ? far_file(spec)->name : spec->backing->name);
	if (!uses_file && !none)
		return no(complaint, "%s over %s keeps no file on %s (try: @none)",
			  spec->workload[0]->name, spec->backing->name, spec->filesystem->name);
	if (value(spec, "apart") && !(far_file(spec) && spec->backing->on_disk))
		return no(complaint, "apart=1 needs a far file and a backing with a file");
	return true;
}

/* --- needs --- */

/* The needs that the case meets. */
static unsigned needs_met(const struct case_spec *spec)
{
	const struct backing *backing = spec->backing;
	const struct filesystem *filesystem = spec->filesystem;
	bool out_to_file = !case_judges_memory(spec) && far_file(spec);
	/* It is the primary subject of way IN, and the second one of way OUT. */
	bool shared_file = backing->file && backing->shared;
	bool disk_file =
		filesystem->block_device && (out_to_file || (shared_file && backing->on_disk));

	return NEED_ROOT | (out_to_file || shared_file ? NEED_FILE : 0) |
	       (filesystem->block_device ? NEED_BLOCK_DEVICE : 0) |
	       (case_dirties_page_cache(spec) ? NEED_PAGE_CACHE : 0) |
	       (case_way(spec) == WAY_OUT ? NEED_WAY_OUT : 0) |
	       (filesystem->direct_align ? NEED_DIRECT_IO : 0) | (disk_file ? NEED_DISK_FILE : 0) |
	       (shared_file && backing->on_disk ? NEED_MAPPED_FILE : 0);
}

static const char *need_sentence(unsigned need)
{
	switch (need) {
	case NEED_FILE:
		return "a file that is judged: a far file with way=out, or a shared file mapping";
	case NEED_BLOCK_DEVICE:
		return "a file system on a block device";
	case NEED_PAGE_CACHE:
		return "a judged file on a block device that is dirtied through the page cache: a "
		       "shared file mapping with way=in, or buffered writes with way=out";
	case NEED_WAY_OUT:
		return "way=out";
	case NEED_DIRECT_IO:
		return "a file system whose O_DIRECT reaches a device";
	case NEED_DISK_FILE:
		return "a judged file on a block device: a far file with way=out, or a shared file "
		       "mapping";
	case NEED_MAPPED_FILE:
		return "a shared mapping of a file of the file system";
	}
	return "something that this version does not know";
}

static bool need_is_met(const char *name, unsigned needs, unsigned met,
			const struct complaint *complaint)
{
	unsigned unmet = needs & ~met;

	return !unmet || no(complaint, "%s needs %s", name, need_sentence(unmet & -unmet));
}

static bool needs_agree(const struct case_spec *spec, const struct complaint *complaint)
{
	unsigned met = needs_met(spec);

	for (unsigned i = 0; i < spec->workloads; i++) {
		if (!need_is_met(spec->workload[i]->name, spec->workload[i]->needs, met, complaint))
			return false;
	}
	for (unsigned i = 0; i < spec->stressors; i++) {
		if (!need_is_met(spec->stressor[i]->name, spec->stressor[i]->needs, met, complaint))
			return false;
	}
	return true;
}

/* --- sizes --- */

static bool direct_io_is_aligned(const struct case_spec *spec, const struct complaint *complaint)
{
	unsigned align = spec->filesystem->direct_align;
	long long block = value(spec, "block");

	for (unsigned i = 0; align && i < spec->workloads; i++) {
		const struct workload *workload = spec->workload[i];

		if (workload->far == FAR_FILE && workload->far_direct && block % align)
			return no(complaint,
				  "block=%lld is not a multiple of the %u bytes that O_DIRECT on "
				  "%s needs",
				  block, align, spec->filesystem->name);
	}
	for (unsigned i = 0; align && i < spec->stressors; i++) {
		const struct stressor *stressor = spec->stressor[i];

		if (stressor->owns_blocks && stressor->needs & NEED_DIRECT_IO && block % align)
			return no(
				complaint,
				"%s writes blocks by O_DIRECT, and block=%lld is not a multiple of "
				"the %u bytes that it needs on %s",
				stressor->name, block, align, spec->filesystem->name);
	}
	return true;
}

/* Every mover owns a block, and so do the stressors that write: the engine gives them every
 * STRESSOR_SHARE_BLOCKSth one. */
static bool blocks_suffice(const struct case_spec *spec, const struct complaint *complaint)
{
	long long blocks = value(spec, "region") / value(spec, "block");
	long long writers = value(spec, "writers"), taken = 0;
	bool shared = false;

	for (unsigned i = 0; i < spec->stressors; i++)
		shared |= spec->stressor[i]->owns_blocks;
	if (shared)
		taken = blocks / STRESSOR_SHARE_BLOCKS;
	if (shared && !taken)
		return no(complaint, "a region of %lld blocks has none for a stressor that writes",
			  blocks);
	if (blocks - taken < writers)
		return no(complaint, "a region of %lld blocks is too small for %lld writers",
			  blocks, writers);
	return true;
}

static bool sizes_agree(const struct case_spec *spec, const struct complaint *complaint)
{
	long long slot = value(spec, "slot"), block = value(spec, "block");
	long long region = value(spec, "region"), writers = value(spec, "writers");
	const char *backing = spec->backing->name;
	bool huge = strcmp(backing, "hugetlb") == 0 || strcmp(backing, "anon_thp") == 0;

	if (slot > block)
		return no(complaint, "slot=%lld is larger than block=%lld", slot, block);
	if (block > region)
		return no(complaint, "block=%lld is larger than region=%lld", block, region);
	if (huge && region % HUGE_REGION_BYTES)
		return no(complaint, "%s needs a region of whole huge pages (try: region=2M)",
			  backing);
	if (writers < spec->workloads)
		return no(complaint, "writers=%lld is less than one for each of %u workloads",
			  writers, spec->workloads);
	return direct_io_is_aligned(spec, complaint) && blocks_suffice(spec, complaint);
}

static bool primary_has_file(const struct case_spec *spec)
{
	if (case_judges_memory(spec))
		return spec->backing->file && spec->backing->shared;
	return far_file(spec);
}

/* What the engine itself stores has no kernel between it and the page that vanishes: such a case
 * says nothing about pins, only about SIGBUS. */
static bool engine_is_spared(const struct case_spec *spec, const struct complaint *complaint)
{
	for (unsigned i = 0; i < spec->stressors; i++) {
		const struct stressor *stressor = spec->stressor[i];

		if (stressor->removes && spec->workload[0]->far == FAR_SELF)
			return no(complaint,
				  "%s takes pages away from under %s, which moves nothing",
				  stressor->name, spec->workload[0]->name);
		/* The ledger of the place that bytes move to is the one that can excuse it. */
		if ((stressor->removes || stressor->owns_blocks) && !primary_has_file(spec))
			return no(complaint,
				  "%s changes the file that bytes move to, and %s moves them to "
				  "memory",
				  stressor->name, spec->workload[0]->name);
	}
	return true;
}

bool case_valid(const struct case_spec *spec, char *why, size_t why_bytes)
{
	static bool (*const rules[])(const struct case_spec *, const struct complaint *) = {
		parts_are_whole, ways_agree,  filesystem_fits,
		needs_agree,     sizes_agree, engine_is_spared};
	const struct complaint complaint = {why, why_bytes};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!rules[i](spec, &complaint))
			return false;
	}
	return true;
}
