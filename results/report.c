// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The report of a run: what was asked, the verdicts in two tables, every fail and broken with a
 * command that asks again, and the evidence that the question was asked at all.
 */
#include "results/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "results/report_table.h"
#include "results/text.h"

enum { TEXT_COLUMNS = 100, TEXT_COLUMNS_MINIMUM = 20, SHOWN_LIMIT = 50 };

/* Sentences are read more easily when a line is not as long as a wide terminal. */
static unsigned text_columns(struct report_style style)
{
	if (style.columns > TEXT_COLUMNS)
		return TEXT_COLUMNS;
	return style.columns < TEXT_COLUMNS_MINIMUM ? TEXT_COLUMNS_MINIMUM : style.columns;
}

static void print_intro(FILE *out, struct report_style style)
{
	text_wrapped(
		out,
		"Asked: does memory that is pinned for I/O still hold the right bytes, in every "
		"view of its file, after writeback has cleaned it and fsync has returned 0?",
		0, text_columns(style));
	text_wrapped(out,
		     "A cell shows the first of these that it has, as k/n if that is k of its n "
		     "cases. FAIL: the promise is broken; broken: the question was not properly "
		     "asked; pass: the data is safe in every view; refused: the kernel refused the "
		     "pin up front with a documented errno, which is safe, too; skip: something is "
		     "missing here; '.': none planned.",
		     0, text_columns(style));
}

static void print_table(FILE *out, struct report_style style, const struct bundle *bundle,
			bool by_stressor)
{
	struct tally tally;

	if (tally_make(&tally, bundle, by_stressor)) {
		fputs("\n(no memory for a table)\n", out);
		return;
	}
	report_table(out, style, &tally,
		     by_stressor ? "stressor x file system, the worst verdict"
				 : "workload / backing x file system",
		     !by_stressor);
	if (tally.several)
		text_wrapped(out,
			     by_stressor
				     ? "(a case with several stressors counts for each of them)"
				     : "(a case with several workloads counts for each of them)",
			     0, text_columns(style));
	tally_free(&tally);
}

static void print_clean(FILE *out, const char *text, unsigned indent, unsigned columns)
{
	char clean[REASON_BYTES];

	snprintf(clean, sizeof(clean), "%s", text);
	text_clean(clean);
	text_wrapped(out, clean, indent, columns);
}

static void print_replay(FILE *out, const struct record *record, const char *path)
{
	char id[CASE_ID_BYTES];

	snprintf(id, sizeof(id), "%s", record->case_id);
	text_clean(id);
	fputs("    ./run.sh replay ", out);
	text_quoted(out, path);
	/* Always quoted: with options in it an id is long, and quotes show where it ends. */
	fputs(id[strcspn(id, "'")] ? " " : " '", out);
	if (id[strcspn(id, "'")])
		text_quoted(out, id);
	else
		fprintf(out, "%s'", id);
	fputc('\n', out);
}

/* One fail or broken: its id, the reason, what was found beyond that, and how to ask again. */
static void print_case(FILE *out, struct report_style style, const struct record *record,
		       const char *path)
{
	unsigned columns = text_columns(style);
	char id[CASE_ID_BYTES];

	snprintf(id, sizeof(id), "%s", record->case_id);
	text_clean(id);
	fprintf(out, "  %s%s%s", report_colour(style, record->verdict), id, report_plain(style));
	if (record->round > 1)
		fprintf(out, " (round %u)", record->round);
	fputc('\n', out);
	if (*record->reason)
		print_clean(out, record->reason, 4, columns);
	for (unsigned i = 0; i < record->findings.count; i++) {
		char sentence[REASON_BYTES];

		finding_sentence(&record->findings.row[i], sentence, sizeof(sentence));
		if (!strstr(record->reason, sentence))
			text_wrapped(out, sentence, 4, columns);
	}
	print_replay(out, record, path);
}

static void print_cases(FILE *out, struct report_style style, const struct bundle *bundle,
			enum verdict verdict, const char *title, const char *path)
{
	size_t count = 0;

	for (size_t i = 0; i < bundle->count; i++) {
		if (bundle->records[i].verdict != verdict)
			continue;
		if (!count++)
			fprintf(out, "\n%s\n", title);
		if (style.verbose || count <= SHOWN_LIMIT)
			print_case(out, style, &bundle->records[i], path);
	}
	if (!style.verbose && count > SHOWN_LIMIT)
		fprintf(out, "  ... and %zu more (try: -v)\n", count - SHOWN_LIMIT);
}

struct reason {
	const char *text;
	size_t count;
};

static int compare_reasons(const void *a, const void *b)
{
	return strcmp(((const struct reason *)a)->text, ((const struct reason *)b)->text);
}

static int compare_counts(const void *a, const void *b)
{
	const struct reason *one = a, *other = b;

	if (one->count != other->count)
		return one->count < other->count ? 1 : -1;
	return strcmp(one->text, other->text);
}

static void print_skips(FILE *out, struct report_style style, const struct bundle *bundle)
{
	struct reason *reasons = calloc(bundle->count + 1, sizeof(*reasons));
	size_t count = 0, kinds = 0;

	for (size_t i = 0; reasons && i < bundle->count; i++) {
		if (bundle->records[i].verdict == VERDICT_SKIP)
			reasons[count++] = (struct reason){bundle->records[i].reason, 1};
	}
	if (count)
		qsort(reasons, count, sizeof(*reasons), compare_reasons);
	for (size_t i = 0; i < count; i++) {
		if (kinds && strcmp(reasons[kinds - 1].text, reasons[i].text) == 0)
			reasons[kinds - 1].count++;
		else
			reasons[kinds++] = reasons[i];
	}
	if (kinds) {
		qsort(reasons, kinds, sizeof(*reasons), compare_counts);
		fputs("\nskipped\n", out);
	}
	for (size_t i = 0; i < kinds; i++) {
		char line[REASON_BYTES + 32];

		snprintf(line, sizeof(line), "%zu x %s", reasons[i].count, reasons[i].text);
		text_clean(line);
		text_wrapped(out, line, 2, text_columns(style));
	}
	free(reasons);
}

static void print_totals(FILE *out, struct report_style style, const struct bundle *bundle)
{
	struct cell all = {.refused = 0};
	char line[512], seconds[64] = "";

	for (size_t i = 0; i < bundle->count; i++)
		cell_add(&all, &bundle->records[i]);
	if (bundle->duration_ns)
		snprintf(seconds, sizeof(seconds), " in %" PRIu64 " s",
			 (bundle->duration_ns + 500000000) / 1000000000);
	snprintf(line, sizeof(line),
		 "%zu case%s: %" PRIu64 " passed (%" PRIu64 " refused), %" PRIu64
		 " skipped, %" PRIu64 " broken, %" PRIu64 " failed%s; seed %#" PRIx64,
		 bundle->count, bundle->count == 1 ? "" : "s", all.count[VERDICT_PASS], all.refused,
		 all.count[VERDICT_SKIP], all.count[VERDICT_BROKEN], all.count[VERDICT_FAIL],
		 seconds, bundle->seed);
	fputc('\n', out);
	text_wrapped(out, line, 0, text_columns(style));
	snprintf(line, sizeof(line), "kernel %s on %s", bundle->release,
		 *bundle->host ? bundle->host : "an unknown host");
	print_clean(out, line, 0, text_columns(style));
	if (bundle->complete)
		return;
	snprintf(line, sizeof(line),
		 "incomplete: the run did not end; %zu of %zu planned cases began", bundle->count,
		 bundle->planned);
	text_wrapped(out, line, 0, text_columns(style));
}

static void print_evidence(FILE *out, struct report_style style, const struct bundle *bundle)
{
	uint64_t ops = 0, counted = 0, writeback = 0, bitten = 0;
	char line[512], grouped[GROUPED_BYTES];

	for (size_t i = 0; i < bundle->count; i++) {
		const struct record *record = &bundle->records[i];

		/* Numbers of strangers: no sum of them may overflow. */
		if (__builtin_add_overflow(ops, record->ops, &ops))
			ops = UINT64_MAX;
		if (record->pins_counted && __builtin_add_overflow(counted, record->ops, &counted))
			counted = UINT64_MAX;
		writeback += record->overlap && record->page_cache;
		bitten += record->overlap && !record->page_cache;
	}
	snprintf(line, sizeof(line),
		 "evidence: %s ops, %.0f %% of them in cases whose pins the kernel counted; "
		 "writeback "
		 "of the subject seen in flight in %" PRIu64
		 " case%s, a stressor's bite in %" PRIu64 " more",
		 text_grouped(ops, grouped), ops ? 100.0 * (double)counted / (double)ops : 0.0,
		 writeback, writeback == 1 ? "" : "s", bitten);
	text_wrapped(out, line, 0, text_columns(style));
}

void report_print(FILE *out, struct report_style style, const struct bundle *bundle,
		  const char *bundle_path)
{
	print_intro(out, style);
	if (bundle->count) {
		print_table(out, style, bundle, false);
		print_table(out, style, bundle, true);
	}
	print_cases(out, style, bundle, VERDICT_FAIL, "failed", bundle_path);
	print_cases(out, style, bundle, VERDICT_BROKEN, "broken", bundle_path);
	print_skips(out, style, bundle);
	print_totals(out, style, bundle);
	print_evidence(out, style, bundle);
	fprintf(out, "bundle: %s\n", bundle_path);
}

int report_exit_code(const struct bundle *bundle)
{
	struct cell all = {.refused = 0};

	for (size_t i = 0; i < bundle->count; i++)
		cell_add(&all, &bundle->records[i]);
	if (all.count[VERDICT_FAIL])
		return 1;
	if (all.count[VERDICT_BROKEN])
		return 5;
	/* No case at all is no pass either. */
	return all.count[VERDICT_PASS] ? 0 : 4;
}
