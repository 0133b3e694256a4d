// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Progress while a run goes on. On a terminal one line is rewritten, and what went wrong stays
 * above it; elsewhere every case is one line, so that a log shows where a run hangs or the machine
 * died.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "lib/run.h"
#include "results/report_table.h"
#include "results/text.h"

enum { PROGRESS_BYTES = 1024 };

#define CLEAR_LINE "\r\033[K"

void progress_start(struct progress *progress, FILE *out, struct report_style style, size_t total)
{
	*progress = (struct progress){
		.style = style, .out = out, .total = total, .start_ns = clock_ns()};
}

/* "1h02m", "1m42s", "7s"; "-" before there is anything to go by. */
static void format_eta(const struct progress *progress, char *text, size_t bytes)
{
	uint64_t elapsed = clock_ns() - progress->start_ns, s;

	if (!progress->done || progress->done > progress->total) {
		snprintf(text, bytes, "-");
		return;
	}
	s = (uint64_t)((double)elapsed / (double)progress->done *
		       (double)(progress->total - progress->done) / 1e9);
	if (s >= 3600)
		snprintf(text, bytes, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(text, bytes, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else
		snprintf(text, bytes, "%" PRIu64 "s", s);
}

/* " skip 4", if there are any. */
static void add_count(char *line, const char *word, uint64_t count)
{
	size_t used = strlen(line);

	if (count)
		snprintf(line + used, PROGRESS_BYTES - used, " %s %" PRIu64, word, count);
}

void progress_case(struct progress *progress, const struct case_spec *spec)
{
	char line[PROGRESS_BYTES], eta[32];
	unsigned percent = progress->total ? (unsigned)(100 * progress->done / progress->total) : 0;
	int digits = snprintf(NULL, 0, "%zu", progress->total);
	uint64_t kept = progress->counts[VERDICT_PASS] - progress->refused;
	size_t used;

	progress->case_start_ns = clock_ns();
	if (!progress->style.tty)
		return;
	/* The window may have been resized. */
	progress->style.columns = report_style_of(fileno(progress->out), false, false).columns;
	format_eta(progress, eta, sizeof(eta));
	snprintf(line, sizeof(line), "[%*zu/%zu] %u%%  ETA %s ", digits, progress->done,
		 progress->total, percent, eta);
	add_count(line, "pass", kept);
	add_count(line, "refused", progress->refused);
	add_count(line, "skip", progress->counts[VERDICT_SKIP]);
	add_count(line, "broken", progress->counts[VERDICT_BROKEN]);
	add_count(line, "FAIL", progress->counts[VERDICT_FAIL]);
	used = strlen(line);
	snprintf(line + used, sizeof(line) - used, "  %s", spec->id);
	/* The last column stays free: some terminals wrap as soon as it is filled. */
	fprintf(progress->out, CLEAR_LINE "%.*s", (int)progress->style.columns - 1, line);
	fflush(progress->out);
}

static void print_line(const struct progress *progress, const struct case_spec *spec,
		       const struct case_result *result, enum verdict verdict)
{
	const char *word = verdict == VERDICT_FAIL ? "FAIL" : verdict_word(verdict);
	bool refused = verdict == VERDICT_PASS && result->outcome == OUTCOME_REFUSED;
	double seconds = (double)(clock_ns() - progress->case_start_ns) / 1e9;
	char reason[REASON_BYTES], ops[GROUPED_BYTES];

	snprintf(reason, sizeof(reason), "%s", result->reason);
	text_clean(reason);
	fprintf(progress->out, "%s%s%s  %s", report_colour(progress->style, verdict), word,
		report_plain(progress->style), spec->id);
	if (verdict != VERDICT_PASS)
		fprintf(progress->out, ": %s\n", reason);
	else if (refused)
		fprintf(progress->out, "  (refused%s%s)\n", *reason ? ": " : "", reason);
	else
		fprintf(progress->out, "  (%.2f s, %s ops)\n", seconds,
			text_grouped(result->ops, ops));
}

void progress_ended(struct progress *progress, const struct case_spec *spec,
		    const struct case_result *result)
{
	enum verdict verdict = result->verdict < VERDICT_COUNT ? result->verdict : VERDICT_BROKEN;
	bool bad = verdict == VERDICT_FAIL || verdict == VERDICT_BROKEN;

	progress->done++;
	progress->counts[verdict]++;
	if (verdict == VERDICT_PASS && result->outcome == OUTCOME_REFUSED)
		progress->refused++;
	if (progress->style.tty)
		fputs(CLEAR_LINE, progress->out);
	if (bad || progress->style.verbose || !progress->style.tty)
		print_line(progress, spec, result, verdict);
	fflush(progress->out);
}

void progress_end(struct progress *progress)
{
	if (progress->style.tty)
		fputs(CLEAR_LINE, progress->out);
	fflush(progress->out);
}
