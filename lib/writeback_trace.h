/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a trace instance, turned into episodes of writeback.
 */
#ifndef LIB_WRITEBACK_TRACE_H
#define LIB_WRITEBACK_TRACE_H

#include "lib/evidence.h"

struct writeback_trace {
	/* Set by the caller. */
	uint64_t until_ns; /* later events are left in the instance */
	uint64_t inode;
	const char *device;      /* "major,minor" */
	const char *dirty_event; /* or NULL */
	uint64_t marked_ns;      /* in and out: an episode that has begun and not ended, or 0 */
	/* Found. */
	struct flight *episode; /* in order and apart; the caller frees it */
	size_t count, room;
	uint64_t begun; /* episodes, each counted in the reading in which it begins */
	uint64_t dirtied;
	bool incomplete; /* something of it could not be read or kept */
};

/* Reads and clears the instance's events up to until_ns. */
void writeback_trace_read(struct writeback_trace *trace, const char *instance);

/* How many events the instance has lost, ever. */
uint64_t writeback_trace_lost(const char *instance);

#endif
