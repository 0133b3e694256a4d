/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A case: workload / backing / stressor(s) @ filesystem [: options], and its id, which is that
 * sentence. Parts of one kind are joined by '+': several workloads pin disjoint blocks of the same
 * pages at the same time. Only options that are not at their default stand in the id.
 */
#ifndef LIB_CASE_H
#define LIB_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/result.h"
#include "lib/tables.h"

enum { WORKLOADS_PER_CASE = 4, CASE_ID_BYTES = 256 };

struct case_spec {
	const struct workload *workload[WORKLOADS_PER_CASE];
	unsigned workloads;
	const struct backing *backing;
	const struct stressor *stressor[STRESSORS_PER_CASE];
	unsigned stressors;
	const struct filesystem *filesystem;
	struct option_values options;
	char id[CASE_ID_BYTES];
	uint64_t seed;
	unsigned round; /* from 1 */
};

/* Gives spec the option tables of its parts (defaults; what is set already stays), caps slot to
 * block and raises writers to the number of workloads. For walks over a whole product: no id. */
void case_options(struct case_spec *spec);

/* The same, and writes its id. */
void case_complete(struct case_spec *spec);

/* Sets "name=value,name=value" and completes spec. Returns 0, or -1 with one sentence. */
int case_set_options(struct case_spec *spec, const char *text, char *why, size_t why_bytes);

/* Writes spec->id from its parts and options. */
void case_write_id(struct case_spec *spec);

/* Reads an id into *spec (seed and round are left alone). Returns 0, or -1 with one sentence. */
int case_parse(struct case_spec *spec, const char *id, char *why, size_t why_bytes);

/* Whether the case makes sense on any machine: the ways, needs and sizes of its parts agree.
 * Otherwise false, with the reason. A case that makes sense may still lack something here; see
 * case_missing(). */
bool case_valid(const struct case_spec *spec, char *why, size_t why_bytes);

/* Says everything that the running machine lacks for the case, in one sentence each, joined by
 * "; ". Returns how many things are missing. */
unsigned case_missing(const struct case_spec *spec, char *why, size_t why_bytes);

/* The same for one part: a workload, backing, stressor or file system. */
unsigned part_missing(enum table_kind kind, const void *table, char *why, size_t why_bytes);

/* The way that is asked for, and whether the file system of the case is used at all. */
enum way case_way(const struct case_spec *spec);
bool case_uses_file(const struct case_spec *spec);

/* Whether the pinned memory is the primary subject: way IN, or no far end at all. */
bool case_judges_memory(const struct case_spec *spec);

/* Whether the primary subject gets its bytes through the page cache of a file system on a block
 * device (so that writeback has something to clean): IN to a shared file mapping, or OUT by a
 * buffered write. */
bool case_dirties_page_cache(const struct case_spec *spec);

#endif
