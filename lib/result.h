/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a case finds out, in memory that the runner shares with the case's process: it is there
 * whatever becomes of that process.
 */
#ifndef LIB_RESULT_H
#define LIB_RESULT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/hist.h"
#include "lib/words.h"

enum { FINDINGS_PER_CASE = 32, REASON_BYTES = 512, STRESSORS_PER_CASE = 4, NOTE_BYTES = 256 };

/* One kind of damage, seen first by one view of one subject. */
struct finding {
	enum finding_kind kind;
	enum view view;
	bool has_view;         /* pin_leak, splat and hang have none */
	uint32_t subject;      /* 0: what the ops move to; 1: the backing's own file */
	uint64_t count;        /* slots (pins for pin_leak, lines for splat) */
	uint64_t first_offset; /* bytes, of the first such slot */
	uint64_t bytes;        /* in all such slots */
	uint32_t expected_generation, found_generation; /* of the first */
	uint32_t first_byte, last_byte;                 /* the wrong range inside the first slot */
	uint64_t found_offset; /* misplaced: where the bytes of the first belong */
	uint32_t found_writer;
};

struct findings {
	uint32_t count;
	struct finding row[FINDINGS_PER_CASE];
};

/* Merges one slot's damage into the rows; rows beyond the limit add to the last. */
void findings_add(struct findings *findings, const struct finding *one);

/* The sentence for a finding, without a full stop: "16 slots stale on disk after fsync ...". */
void finding_sentence(const struct finding *finding, char *text, size_t bytes);

struct stress_result {
	char name[32];
	atomic_ullong bites;
	atomic_ullong bites_while_moving; /* ops were in flight at the bite's start or end */
	atomic_uint failed_errno;
	char note[NOTE_BYTES]; /* the stressor's own evidence, in words */
};

enum phase { PHASE_SETUP, PHASE_MOVING, PHASE_JUDGING, PHASE_TEARDOWN, PHASE_DONE };

/* How writeback of the subject was observed. */
enum writeback_method { WRITEBACK_NONE, WRITEBACK_TRACEFS, WRITEBACK_VMSTAT };

struct writeback_evidence {
	enum writeback_method method;
	uint64_t dirtied_pages, written_pages;
	uint64_t episodes;       /* tracefs: times the subject's inode went under writeback */
	uint64_t episode_ns;     /* ... and how long in all */
	uint64_t sampled_ops;    /* ops whose time in flight was compared with the episodes */
	uint64_t overlapped_ops; /* ... of these, in flight during one */
	bool lost_events;
};

struct case_result {
	atomic_uint phase;
	atomic_int told_by;      /* the process that ended the case early, or 0 */
	atomic_ullong heartbeat; /* completed ops, for the watchdog and the progress line */
	enum verdict verdict;
	enum outcome outcome;
	enum promise promise;
	char reason[REASON_BYTES];
	int refused_errno;
	struct findings findings;
	uint64_t ops, bytes, failed_ops, epochs;
	uint64_t duration_ns; /* of moving, without the judging */
	uint64_t cpu_ns;      /* user and system time of the case's threads while moving */
	uint64_t views_compared[VIEW_COUNT]; /* slots judged, per view */
	struct hist latency, fsync_latency;
	struct writeback_evidence writeback;
	bool page_cache_subject; /* the subject was dirtied through the page cache */
	bool pins_expected;      /* the kernel counts this workload's pins */
	unsigned stress_count;
	struct stress_result stress[STRESSORS_PER_CASE];
	/* Filled by the runner. */
	uint64_t pins_acquired, pins_released;
	int64_t pins_leaked;
};

/* Whether something really happened to the subject while ops were in flight: its writeback, if it
 * is dirtied through the page cache, else a bite of a stressor. The one definition that the verdict
 * and the record share. */
bool result_overlap(const struct case_result *result);

#endif
