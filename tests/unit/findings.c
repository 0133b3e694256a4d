// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Findings merge by kind, view and subject, and say in one sentence what was found where.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/result.h"

static struct finding stale(uint64_t offset, uint32_t found)
{
	return (struct finding){.kind = FINDING_STALE,
				.view = VIEW_DEVICE,
				.has_view = true,
				.count = 1,
				.first_offset = offset,
				.bytes = 4096,
				.expected_generation = 2,
				.found_generation = found};
}

static void merges_and_keeps_the_lowest_offset(void **state)
{
	struct findings findings = {.count = 0};
	struct finding one = stale(8192, 1), lower = stale(0, 1), higher = stale(16384, 1);

	(void)state;
	lower.found_generation = 7;
	findings_add(&findings, &one);
	findings_add(&findings, &lower);
	findings_add(&findings, &higher);
	assert_int_equal(findings.count, 1);
	assert_int_equal(findings.row[0].count, 3);
	assert_int_equal(findings.row[0].bytes, 3 * 4096);
	assert_int_equal(findings.row[0].first_offset, 0);
	assert_int_equal(findings.row[0].found_generation, 7);
}

static void tells_views_subjects_and_kinds_apart(void **state)
{
	struct findings findings = {.count = 0};
	struct finding one = stale(0, 1), view = one, subject = one, kind = one, leak = one;

	(void)state;
	view.view = VIEW_DIRECT;
	subject.subject = 1;
	kind.kind = FINDING_LOST;
	leak.kind = FINDING_PIN_LEAK;
	leak.has_view = false;
	findings_add(&findings, &one);
	findings_add(&findings, &view);
	findings_add(&findings, &subject);
	findings_add(&findings, &kind);
	findings_add(&findings, &leak);
	leak.view = VIEW_MAP; /* means nothing without has_view */
	findings_add(&findings, &leak);
	assert_int_equal(findings.count, 5);
	assert_int_equal(findings.row[4].count, 2);
}

static void full_rows_still_count(void **state)
{
	struct findings findings = {.count = 0};
	uint64_t total = 0;

	(void)state;
	for (unsigned i = 0; i < 3 * FINDINGS_PER_CASE; i++) {
		struct finding one = stale(0, 1);

		one.subject = i;
		findings_add(&findings, &one);
	}
	assert_int_equal(findings.count, FINDINGS_PER_CASE);
	for (unsigned i = 0; i < findings.count; i++)
		total += findings.row[i].count;
	assert_int_equal(total, 3 * FINDINGS_PER_CASE);
}

static void expect(const struct finding *finding, const char *sentence)
{
	char text[512];

	finding_sentence(finding, text, sizeof(text));
	assert_string_equal(text, sentence);
}

static void sentences_of_damage(void **state)
{
	struct finding one = stale(0, 1);

	(void)state;
	one.count = 16;
	expect(&one, "16 slots stale on the block device after fsync returned 0: the slot at "
		     "offset 0 holds generation 1, expected 2");
	one = stale(8192, 1);
	one.kind = FINDING_TORN;
	one.view = VIEW_MAP;
	one.first_byte = 512;
	one.last_byte = 4095;
	expect(&one, "1 slot torn through the pinned mapping: bytes 512-4095 of the slot at offset "
		     "8192 hold generation 1, expected generation 2");
	one.found_generation = 0;
	one.subject = 1;
	expect(&one, "1 slot of the backing's own file torn through the pinned mapping: bytes "
		     "512-4095 of the slot at offset 8192 hold zeros, expected generation 2");
	one = stale(8192, 0);
	one.kind = FINDING_LOST;
	one.view = VIEW_UNPINNED;
	expect(&one,
	       "1 slot lost (zeros) after unpin and cache drop: the slot at offset 8192 holds "
	       "zeros, expected generation 2");
	one = stale(8192, 3);
	one.kind = FINDING_MISPLACED;
	one.view = VIEW_PEER;
	one.found_offset = 4096;
	expect(&one, "1 slot misplaced at the other end: the slot at offset 8192 holds bytes of "
		     "offset 4096 (generation 3), expected generation 2 of its own");
}

static void sentences_without_a_view(void **state)
{
	struct finding one = {.kind = FINDING_PIN_LEAK, .count = 3};

	(void)state;
	expect(&one, "3 pins never given back");
	one.count = 1;
	expect(&one, "1 pin never given back");
	one.kind = FINDING_SPLAT;
	expect(&one, "the kernel log complains in 1 line");
	one.kind = FINDING_HANG;
	expect(&one, "the case did not end within its time limit");
}

static void every_kind_and_view_has_a_sentence_of_its_own(void **state)
{
	static char seen[FINDING_COUNT * VIEW_COUNT][512];
	unsigned count = 0;

	(void)state;
	for (unsigned kind = 0; kind < FINDING_PIN_LEAK; kind++) {
		for (unsigned view = 0; view < VIEW_COUNT; view++, count++) {
			struct finding one = stale(4096, 1);

			one.kind = kind;
			one.view = view;
			finding_sentence(&one, seen[count], sizeof(seen[count]));
			for (unsigned i = 0; i < count; i++)
				assert_string_not_equal(seen[i], seen[count]);
		}
	}
}

static void a_short_buffer_is_kept_whole(void **state)
{
	struct finding one = stale(0, 1);
	char text[16];

	(void)state;
	memset(text, 'x', sizeof(text));
	finding_sentence(&one, text, 8);
	assert_int_equal(strlen(text), 7);
	assert_int_equal(text[8], 'x');
}

static void overlap_needs_what_the_subject_calls_for(void **state)
{
	static struct case_result result;

	(void)state;
	result.stress_count = 1;
	assert_false(result_overlap(&result));
	result.stress[0].bites_while_moving = 1;
	assert_true(result_overlap(&result));
	/* A subject in the page cache needs writeback; a bite alone shows nothing. */
	result.page_cache_subject = true;
	assert_false(result_overlap(&result));
	result.writeback.method = WRITEBACK_TRACEFS;
	result.writeback.written_pages = 5;
	assert_false(result_overlap(&result));
	result.writeback.overlapped_ops = 1;
	assert_true(result_overlap(&result));
	result.writeback.method = WRITEBACK_VMSTAT;
	assert_true(result_overlap(&result));
	result.writeback.written_pages = 0;
	assert_false(result_overlap(&result));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merges_and_keeps_the_lowest_offset),
		cmocka_unit_test(tells_views_subjects_and_kinds_apart),
		cmocka_unit_test(full_rows_still_count),
		cmocka_unit_test(sentences_of_damage),
		cmocka_unit_test(sentences_without_a_view),
		cmocka_unit_test(every_kind_and_view_has_a_sentence_of_its_own),
		cmocka_unit_test(a_short_buffer_is_kept_whole),
		cmocka_unit_test(overlap_needs_what_the_subject_calls_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
