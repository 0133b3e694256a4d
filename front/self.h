/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench --self: the suite's own costs, side by side with what others need for the same bytes.
 */
#ifndef FRONT_SELF_H
#define FRONT_SELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/runner.h"

enum { SELF_ROUNDS = 4, SELF_SIDES = 4, SELF_ROWS = 64, SELF_WHY_BYTES = 640 };

/* One printed number. */
struct self_row {
	const char *group;
	char name[96];
	const char *unit; /* "bytes_per_s", "ops_per_s", "ns", "ratio" or "bytes" */
	double value;
	double sample[SELF_ROUNDS]; /* value is their median, if there are any */
	unsigned samples;
	double aim;               /* 0: none */
	bool at_most;             /* the aim is an upper bound */
	char why[SELF_WHY_BYTES]; /* why there is no value, or empty */
};

/* Where files go. */
struct self_place {
	struct scratch *scratch;
	const struct mount *mount; /* NULL: there is none */
	char missing[SELF_WHY_BYTES];
};

struct self {
	FILE *say; /* progress */
	struct machine machine;
	bool machine_open;
	struct scratch scratch, memory; /* memory: in use where we do not mount */
	struct filesystem tables[2];    /* tmpfs and ext4 in sizes of our own */
	struct self_place tmpfs, disk;
	struct runner runner;
	struct case_result *result;
	struct self_row row[SELF_ROWS];
	unsigned rows;
	bool broken; /* something that is there could not be run */
};

/* --- self_compare.c: sides that take turns --- */

/* What one short run gave. */
struct self_sample {
	double rate;   /* bytes or ops per second */
	double cpu_ns; /* user and system time per op; 0: not measured */
};

struct self_side {
	const char *name;
	const char *unit; /* of the rate */
	/* One short run. 0; or, with one sentence, 1 where this machine lacks something, else -1.
	 */
	int (*run)(struct self *self, const struct self_side *side, struct self_sample *sample,
		   char *why, size_t why_bytes);
	const char *what; /* a case's id, or a job file in bench/fio */
	void *context;    /* run's own */
	uint32_t number;
	double aim; /* for its rate; 0: none */
};

/* The first side's rate (or CPU per op) over that of side against. */
struct self_aim {
	unsigned against;
	bool cpu;
	double limit; /* a lower one, for cpu an upper one */
};

/* Runs the sides in turn, in one order and then in the other (ABBA), and adds a row for each median
 * and each aim. A side that fails gets a row with its reason, and the others go on. */
void self_compare(struct self *self, const char *group, const struct self_side *sides,
		  unsigned count, const struct self_aim *aims, unsigned aim_count);

/* --- self_table.c: rows, for people and for programs --- */

/* A new row. The last one is used again should there be too many. */
struct self_row *self_row_add(struct self *self, const char *group, const char *name,
			      const char *unit);
void self_print(FILE *out, const struct self *self);
void self_print_json(FILE *out, const struct self *self);

/* --- self_places.c --- */

/* Makes images, or uses directory (which may be NULL) and the machine's own tmpfs. What cannot be
 * had says so in its place. Returns 0, or -1 with one sentence if nothing can be done at all. */
int self_places_open(struct self *self, const char *directory, char *why, size_t why_bytes);

/* Restores everything: 0, or -1 with one sentence. */
int self_places_close(struct self *self, char *why, size_t why_bytes);

/* --- what is compared --- */

void self_stamps(struct self *self); /* self_stamp.c */
void self_null(struct self *self);   /* self_cases.c */
void self_verified(struct self *self);
void self_random(struct self *self);

/* self_fio.c: one run of a job file of bench/fio; side->what names it. */
int self_fio_run(struct self *self, const struct self_side *side, struct self_sample *sample,
		 char *why, size_t why_bytes);

/* Sets what the job files read from the environment: where the file goes, its size, the time. 0, or
 * -1 with errno set. */
int self_fio_prepare(const char *directory, uint64_t bytes, unsigned seconds);

#endif
