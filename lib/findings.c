// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Findings: one row per kind of damage and the view that saw it first, so that a thousand stale
 * slots are one sentence with a count and the first of them as the example.
 */
#include "lib/result.h"

#include <stdio.h>
#include <string.h>

static bool same_row(const struct finding *a, const struct finding *b)
{
	return a->kind == b->kind && a->subject == b->subject && a->has_view == b->has_view &&
	       (!a->has_view || a->view == b->view);
}

void findings_add(struct findings *findings, const struct finding *one)
{
	struct finding *row = findings->row, *end = row + findings->count;

	while (row < end && !same_row(row, one))
		row++;
	if (row == end && findings->count < FINDINGS_PER_CASE) {
		*row = *one;
		findings->count++;
		return;
	}
	if (row == end) {
		/* No room for another kind: its count still shows. */
		row--;
		row->count += one->count;
		row->bytes += one->bytes;
		return;
	}
	if (one->first_offset < row->first_offset) {
		struct finding first = *one;

		first.count = row->count;
		first.bytes = row->bytes;
		*row = first;
	}
	row->count += one->count;
	row->bytes += one->bytes;
}

bool result_overlap(const struct case_result *result)
{
	const struct writeback_evidence *writeback = &result->writeback;

	if (result->page_cache_subject && writeback->method == WRITEBACK_TRACEFS)
		return writeback->overlapped_ops > 0;
	if (result->page_cache_subject)
		return writeback->method == WRITEBACK_VMSTAT && writeback->written_pages > 0;
	for (unsigned i = 0; i < result->stress_count && i < STRESSORS_PER_CASE; i++) {
		if (result->stress[i].bites_while_moving > 0)
			return true;
	}
	return false;
}

/* Every view is compared with all ops at rest and after an fsync that returned 0; the phrase says
 * so where a reader would otherwise doubt that the bytes had to be there. */
static const char *view_phrase(enum view view)
{
	static const char *const phrases[VIEW_COUNT] = {
		[VIEW_PEER] = "at the other end",
		[VIEW_MAP] = "through the pinned mapping",
		[VIEW_BUFFERED] = "read back through the page cache",
		[VIEW_DEVICE] = "on the block device after fsync returned 0",
		[VIEW_DIRECT] = "read with O_DIRECT after fsync returned 0",
		[VIEW_UNPINNED] = "after unpin and cache drop",
		[VIEW_REMOUNT] = "after remount",
		[VIEW_POWERCUT] = "after a power cut",
	};

	return phrases[view];
}

/* Generation 0 is none: what is there then is not a stamp but zeros. */
static const char *found_words(const struct finding *finding, char *text, size_t bytes)
{
	if (finding->found_generation == 0)
		return "zeros";
	snprintf(text, bytes, "generation %u", finding->found_generation);
	return text;
}

/* The first damaged slot, as the example. */
static void first_slot(const struct finding *f, char *text, size_t bytes)
{
	unsigned long long at = f->first_offset, from = f->found_offset;
	char found[32];

	switch (f->kind) {
	case FINDING_STALE:
		snprintf(text, bytes, "the slot at offset %llu holds generation %u, expected %u",
			 at, f->found_generation, f->expected_generation);
		break;
	case FINDING_LOST:
		snprintf(text, bytes, "the slot at offset %llu holds zeros, expected generation %u",
			 at, f->expected_generation);
		break;
	case FINDING_TORN:
		snprintf(text, bytes,
			 "bytes %u-%u of the slot at offset %llu hold %s, expected generation %u",
			 f->first_byte, f->last_byte, at, found_words(f, found, sizeof(found)),
			 f->expected_generation);
		break;
	case FINDING_MISPLACED:
		snprintf(text, bytes,
			 "the slot at offset %llu holds bytes of offset %llu (generation %u), "
			 "expected generation %u of its own",
			 at, from, f->found_generation, f->expected_generation);
		break;
	case FINDING_FOREIGN:
		snprintf(text, bytes,
			 "the slot at offset %llu holds generation %u of writer %u, which nobody "
			 "issued there; expected generation %u",
			 at, f->found_generation, f->found_writer, f->expected_generation);
		break;
	case FINDING_RESURRECTED:
		snprintf(text, bytes,
			 "the slot at offset %llu holds generation %u from before it was removed",
			 at, f->found_generation);
		break;
	case FINDING_UNREADABLE:
		snprintf(text, bytes,
			 "the slot at offset %llu cannot be read, expected "
			 "generation %u",
			 at, f->expected_generation);
		break;
	default:
		snprintf(text, bytes,
			 "bytes %u-%u of the slot at offset %llu are bytes that nobody wrote, "
			 "expected generation %u",
			 f->first_byte, f->last_byte, at, f->expected_generation);
	}
}

void finding_sentence(const struct finding *finding, char *text, size_t bytes)
{
	unsigned long long count = finding->count;
	const char *plural = count == 1 ? "" : "s";
	char first[256];

	switch (finding->kind) {
	case FINDING_PIN_LEAK:
		snprintf(text, bytes, "%llu pin%s never given back", count, plural);
		return;
	case FINDING_SPLAT:
		snprintf(text, bytes, "the kernel log complains in %llu line%s", count, plural);
		return;
	case FINDING_HANG:
		snprintf(text, bytes, "the case did not end within its time limit");
		return;
	default:
		break;
	}
	first_slot(finding, first, sizeof(first));
	snprintf(text, bytes, "%llu slot%s%s %s%s%s%s: %s", count, plural,
		 finding->subject == 1 ? " of the backing's own file" : "",
		 finding_word(finding->kind), finding->kind == FINDING_LOST ? " (zeros)" : "",
		 finding->has_view ? " " : "", finding->has_view ? view_phrase(finding->view) : "",
		 first);
}
