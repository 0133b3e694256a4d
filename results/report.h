/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the terminal shows: progress while a run goes on, and the verdict table at its end.
 */
#ifndef RESULTS_REPORT_H
#define RESULTS_REPORT_H

#include "results/bundle.h"

struct report_style {
	bool colour; /* a TTY, and neither NO_COLOR nor --no-color */
	bool tty;    /* progress on one line, with ETA; else plain lines */
	unsigned columns;
	bool verbose;
	bool utf8; /* the locale's encoding */
};

/* Looks at fd, NO_COLOR and the window size. */
struct report_style report_style_of(int fd, bool no_colour, bool verbose);

struct progress {
	struct report_style style;
	FILE *out;
	size_t done, total;
	uint64_t start_ns;
	uint64_t counts[VERDICT_COUNT], refused;
	uint64_t case_start_ns;
};

void progress_start(struct progress *progress, FILE *out, struct report_style style, size_t total);
/* A case begins; on a TTY the line shows it with ETA. */
void progress_case(struct progress *progress, const struct case_spec *spec);
/* A case ended: fails and brokens get a line of their own (all do with verbose, or off a TTY every
 * case is one plain line). */
void progress_ended(struct progress *progress, const struct case_spec *spec,
		    const struct case_result *result);
void progress_end(struct progress *progress);

/* The verdict table (file systems by workload x backing, worst verdict, counts), how to read it,
 * then every fail and broken with its sentence and its replay command, skips summed up by reason,
 * then where the bundle is. The same text goes to report.txt in the bundle. */
void report_print(FILE *out, struct report_style style, const struct bundle *bundle,
		  const char *bundle_path);

/* INTERFACES: 0 passed, 1 a fail, 4 all skipped, 5 a broken. */
int report_exit_code(const struct bundle *bundle);

#endif
