/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence that the question was asked: pin counters, writeback of the subject, the kernel log.
 */
#ifndef LIB_EVIDENCE_H
#define LIB_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/result.h"

/* nr_foll_pin_acquired and nr_foll_pin_released of /proc/vmstat (since 5.7), nr_dirtied and
 * nr_written; system-wide. */
struct vmstat {
	bool has_pins;
	uint64_t pins_acquired, pins_released;
	uint64_t dirtied, written;
};
/* 0, or -1 with errno if /proc/vmstat cannot be read. */
int vmstat_read(struct vmstat *stat);

/* The time an op was in flight, CLOCK_MONOTONIC. */
struct flight {
	uint64_t start_ns, end_ns;
};

/* Watches one inode through a tracefs instance (events sb_mark_inode_writeback,
 * sb_clear_inode_writeback and writeback_dirty_folio or _page, filtered on device and inode,
 * trace_clock mono), else through vmstat deltas. */
struct writeback_watch {
	enum writeback_method method;
	char instance[512];
	struct vmstat before;
	uint64_t inode;
	char device[32];         /* as the event prints it */
	const char *dirty_event; /* its name in this kernel, or NULL */
	uint64_t lost_before;
	uint64_t marked_ns; /* an episode that has begun and not ended, or 0 */
};

/* Starts. instance is a directory from machine_trace_instance(), or "" for vmstat. fd is the
 * subject's file. Falls back to vmstat when the instance cannot be used. */
void writeback_watch_start(struct writeback_watch *watch, const char *instance, int fd);

/* Reads and clears what happened since the start or the last call, adds it to *evidence, and
 * compares it with count times in flight (need not be sorted). */
void writeback_watch_collect(struct writeback_watch *watch, struct flight *flights, size_t count,
			     struct writeback_evidence *evidence);
void writeback_watch_stop(struct writeback_watch *watch);

/* Reads /dev/kmsg from now on. */
struct kmsg {
	int fd;        /* -1: cannot be read */
	char why[128]; /* why not */
	uint64_t next_sequence;
	bool lost;   /* the ring overwrote records before we read them */
	int copy_fd; /* every record is copied here (kmsg.log), or -1 */
};

enum { KMSG_LINES = 16, KMSG_LINE_BYTES = 256 };

/* The bad lines of one case. */
struct kmsg_lines {
	unsigned count; /* all of them; the first KMSG_LINES are kept */
	char line[KMSG_LINES][KMSG_LINE_BYTES];
};

void kmsg_open(struct kmsg *kmsg, int copy_fd);
/* Reads what is new, without waiting; bad lines go to *lines. ignored: substrings of lines that the
 * case expects (may be NULL), ended by NULL. */
void kmsg_poll(struct kmsg *kmsg, const char *const *ignored, struct kmsg_lines *lines);
/* Whether a line of the kernel log is a splat: WARN, BUG, Oops, KASAN, KCSAN, UBSAN, lockdep, hung
 * task, soft lockup, RCU stall, checksum failure, I/O or file system error. */
bool kmsg_is_bad(const char *text);
void kmsg_close(struct kmsg *kmsg);

/* The running kernel is at least major.minor (uname). */
bool kernel_at_least(unsigned major, unsigned minor);

#endif
