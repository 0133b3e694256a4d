/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bundles: one directory per run, with run.json, cases.jsonl, kmsg.log and the kernel's config.
 * bundle_write.c alone writes them and bundle_read.c alone reads them.
 */
#ifndef RESULTS_BUNDLE_H
#define RESULTS_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/case.h"
#include "lib/evidence.h"
#include "lib/result.h"

enum { BUNDLE_SCHEMA = 1 };

/* Facts of the run that only the runner knows. */
struct bundle_run {
	const char *label;        /* may be NULL */
	const char *command_line; /* as typed */
	uint64_t seed;
	const char *profile;
	size_t planned;
	/* per file system under test: name, "TYPE options" and block device, or "" */
	struct bundle_mount {
		const char *filesystem, *options, *device;
	} mount[16];
	unsigned mounts;
};

struct bundle_writer {
	char path[512];      /* the final name */
	char temporary[512]; /* where it is written until bundle_close() */
	int directory_fd, cases_fd, kmsg_fd;
	char uuid[37];
	uint64_t counts[VERDICT_COUNT], refused;
	uint64_t open_cases; /* started and not ended */
	uint64_t start_ns;
	bool exact_path; /* path was asked for by name: no other will do */
	void *run;       /* run.json while it grows */
};

/* Makes the temporary directory below parent (results/runs), run.json with "complete": false, an
 * empty cases.jsonl and kmsg.log. out, if not NULL, is the final directory itself. 0, or -1 with
 * one sentence. */
int bundle_open(struct bundle_writer *writer, const char *parent, const char *out,
		const struct bundle_run *run, char *why, size_t why_bytes);

/* Appends "broken: started, never finished" for spec and fsyncs it; the record that follows for the
 * same case, seed and round supersedes it. This and the next: 0, or -1 with errno set. */
int bundle_case_started(struct bundle_writer *writer, const struct case_spec *spec);

/* Appends the record of a case that ended and fsyncs it. lines may be NULL. */
int bundle_case_ended(struct bundle_writer *writer, const struct case_spec *spec,
		      const struct case_result *result, const struct kmsg_lines *lines);

/* Completes run.json ("complete": complete, end, counts), fsyncs everything and renames the
 * directory to its final name. -1 with errno set: what there is lies in writer->temporary. */
int bundle_close(struct bundle_writer *writer, bool complete);

/* Removes an unfinished bundle. */
void bundle_abandon(struct bundle_writer *writer);

/* What "boot" says of a guest that came up and ended as it should. */
#define BOOT_GOOD "ok"

/* What the host knows of a guest. Texts may be NULL where nothing is said. */
struct bundle_boot {
	const char *sentence; /* BOOT_GOOD, or why there is no answer: "panicked: ..." */
	bool panicked;        /* under a case, that case has failed */
	const char *kernel;   /* as it was named */
	const char *release, *command_line, *append, *sysctls, *started;
	const char *accelerator, *emulator;
	unsigned memory_mib, cpus;
	int exit_code;  /* of the command in the guest; below 0: none came back */
	uint64_t up_ns; /* from the start of the machine to the suite's first sign */
};

/* Adds what the host knows to the bundle of a guest in the directory path, or makes one without a
 * case there. 0, or -1 with one sentence. */
int bundle_boot(const char *path, const struct bundle_boot *boot, char *why, size_t why_bytes);

/* --- reading --- */

/* A record as far as the terminal and replay need it. */
struct record {
	char case_id[CASE_ID_BYTES];
	char workload[128], backing[32], stressors[128], filesystem[32]; /* joined by '+' */
	enum verdict verdict;
	enum outcome outcome;
	char reason[REASON_BYTES];
	uint64_t seed;
	unsigned round;
	uint64_t ops, bytes, duration_ns;
	struct findings findings;
	/* Evidence: the kernel counted pins; something happened while ops were in flight (see
	 * result_overlap()), and that was writeback of the subject. */
	bool pins_counted, overlap, page_cache;
};

struct bundle {
	bool complete;
	char release[128], host[128], started[40];
	/* Of the kernel, cut where they are longer; of a guest also how it came up, and what was
	 * added to its command line and sysctls. Empty where nothing is known. */
	char version[128], command_line[2048];
	char boot[512], append[512], sysctls[512];
	char kernel[256]; /* as it was named for vm */
	bool guest;
	uint64_t seed;
	size_t planned;         /* 0: not known */
	uint64_t duration_ns;   /* 0: not known, since the run did not end */
	struct record *records; /* superseded ones are gone; in the order in which they started */
	size_t count;
};

/* Reads a bundle. 0, or -1 with one sentence (not a bundle, unknown schema version, broken line:
 * a last line cut off by a crash is dropped, any other bad line is an error). */
int bundle_read(struct bundle *bundle, const char *path, char *why, size_t why_bytes);
void bundle_free(struct bundle *bundle);

#endif
