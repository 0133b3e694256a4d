// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every lie, told by every real workload that can tell it, with the exact verdict and finding that
 * it must earn.
 */
#include "tests/planted/expectations.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct expectation *list;
static size_t listed;

__attribute__((format(printf, 1, 2))) static struct expectation *add(const char *format, ...)
{
	struct expectation *expected = &list[listed++];
	va_list arguments;

	if (listed > EXPECTATIONS)
		abort();
	*expected = (struct expectation){.view = -1, .verdict = VERDICT_PASS};
	va_start(arguments, format);
	vsnprintf(expected->case_id, sizeof(expected->case_id), format, arguments);
	va_end(arguments);
	return expected;
}

static void name(struct expectation *expected, const char *lie)
{
	snprintf(expected->name, NAME_BYTES, "%s: %.120s", lie, expected->case_id);
}

/* The lies about bytes, told by every real workload in each of its ways. */
static void add_lies_about_bytes(const char *filesystem)
{
	static const struct {
		const char *name;
		enum lie lie;
		enum verdict verdict;
		enum finding_kind kind;
		const char *reason;
	} rows[] = {
		{"no lie", LIE_NONE, VERDICT_PASS, FINDING_COUNT, NULL},
		{"flip a bit", LIE_FLIP, VERDICT_FAIL, FINDING_SCRAMBLED, NULL},
		{"keep an old generation", LIE_OLD, VERDICT_FAIL, FINDING_STALE, NULL},
		{"lose a slot", LIE_ZEROS, VERDICT_FAIL, FINDING_LOST, NULL},
		{"tear a slot", LIE_TEAR, VERDICT_FAIL, FINDING_TORN, NULL},
		{"swap two slots", LIE_SWAP, VERDICT_FAIL, FINDING_MISPLACED, NULL},
		{"another run's bytes", LIE_SEED, VERDICT_FAIL, FINDING_FOREIGN, NULL},
		{"a generation never issued", LIE_FUTURE, VERDICT_FAIL, FINDING_FOREIGN, NULL},
		{"return short", LIE_SHORT, VERDICT_BROKEN, FINDING_COUNT, "moved"},
		{"an unlisted error", LIE_ERROR, VERDICT_BROKEN, FINDING_COUNT, "cross-device"},
	};

	for_each_table (node, TABLE_WORKLOAD) {
		const struct workload *workload = TABLE_OF(node, workload);
		const char *where = workload->far == FAR_FILE ? filesystem : "none";

		if (strncmp(workload->name, "planted", 7) == 0)
			continue;
		for (unsigned way = WAY_IN; way <= WAY_OUT; way++) {
			if (!(workload->ways & way))
				continue;
			for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
				struct expectation *expected =
					add("%s/anon/quiet@%s:way=%s,region=65536", workload->name,
					    where, way_word(way));

				expected->lies.lie = rows[i].lie;
				expected->verdict = rows[i].verdict;
				expected->kind = rows[i].kind;
				expected->reason = rows[i].reason;
				name(expected, rows[i].name);
			}
		}
	}
}

/* The lies that workloads, stressors and processes tell about themselves. */
static void add_wrong_parts(const char *filesystem)
{
	static const char small[] = "mmap_store/anon/quiet@none:region=65536";
	static const struct {
		const char *name, *case_id;
		enum lie lie;
		enum verdict verdict;
		enum finding_kind kind;
		int view;
		const char *reason;
	} rows[] = {
		{"hang", small, LIE_HANG, VERDICT_FAIL, FINDING_HANG, -1, NULL},
		{"crash", small, LIE_CRASH, VERDICT_BROKEN, FINDING_COUNT, -1, "died of signal 9"},
		{"leak a pin", small, LIE_LEAK, VERDICT_FAIL, FINDING_PIN_LEAK, -1, NULL},
		/* What another process takes meanwhile, and keeps, is not the case's own. */
		{"leak a pin once", small, LIE_LEAK_ONCE, VERDICT_BROKEN, FINDING_COUNT, -1,
		 "in a second run of the case all were"},
		{"skip the work", "planted_lazy/anon/quiet@none:way=in,region=65536", LIE_NONE,
		 VERDICT_FAIL, FINDING_STALE, VIEW_MAP, NULL},
		{"skip the work", "planted_lazy/anon/quiet@none:way=out,region=65536", LIE_NONE,
		 VERDICT_FAIL, FINDING_LOST, VIEW_PEER, NULL},
		{"never pin", "planted_unpinned/anon/quiet@none:region=65536", LIE_NONE,
		 VERDICT_BROKEN, FINDING_COUNT, -1, "nothing was pinned"},
		{"vanish", "planted_vanish/anon/quiet@none:region=65536", LIE_NONE, VERDICT_BROKEN,
		 FINDING_COUNT, -1, "ended with code 0 while setup"},
		{"a refusal that nobody promised", "planted_refused/anon/quiet@none:region=65536",
		 LIE_NONE, VERDICT_BROKEN, FINDING_COUNT, -1, "should be allowed"},
		{"a stressor that does nothing", "mmap_store/anon/planted_idle@none", LIE_NONE,
		 VERDICT_BROKEN, FINDING_COUNT, -1, "no overlap"},
		{"a stressor that fails", "mmap_store/anon/planted_failing@none", LIE_NONE,
		 VERDICT_BROKEN, FINDING_COUNT, -1, "planted_failing"},
	};
	struct expectation *expected;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expected = add("%s", rows[i].case_id);
		expected->lies.lie = rows[i].lie;
		expected->verdict = rows[i].verdict;
		expected->kind = rows[i].kind;
		expected->view = rows[i].view;
		expected->reason = rows[i].reason;
		name(expected, rows[i].name);
	}
	expected = add("buffered_write/anon/planted_undead@%s:way=out", filesystem);
	expected->verdict = VERDICT_FAIL;
	expected->kind = FINDING_RESURRECTED;
	name(expected, "a hole that was never punched");
}

/* What only root and a loop device can show. */
static void add_lies_of_views(void)
{
	static const enum view views[] = {VIEW_BUFFERED, VIEW_DEVICE, VIEW_DIRECT, VIEW_UNPINNED,
					  VIEW_REMOUNT};
	struct expectation *expected = add("mmap_store/file_shared/quiet@ext4:region=65536");

	expected->lies.lie = LIE_FSYNC;
	expected->verdict = VERDICT_FAIL;
	expected->kind = FINDING_STALE;
	expected->view = VIEW_DEVICE;
	name(expected, "an fsync that does nothing");

	for (unsigned i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		expected = add("mmap_store/file_shared/quiet@ext4:region=65536");
		expected->lies = (struct plan_of_lies){LIE_VIEW_ZEROS, views[i]};
		expected->verdict = VERDICT_FAIL;
		expected->kind = FINDING_LOST;
		expected->view = views[i];
		name(expected, "a view that shows zeros");

		expected = add("mmap_store/file_shared/quiet@ext4:region=65536");
		expected->lies = (struct plan_of_lies){LIE_VIEW_EIO, views[i]};
		expected->verdict = VERDICT_FAIL;
		expected->kind = FINDING_UNREADABLE;
		expected->view = views[i];
		name(expected, "a view that cannot be read");
	}
	expected = add("mmap_store/anon/planted_splat@none");
	expected->verdict = VERDICT_FAIL;
	expected->kind = FINDING_SPLAT;
	name(expected, "a splat in the kernel log");
}

size_t expectations_list(struct expectation *rows, const char *filesystem, bool root)
{
	list = rows;
	listed = 0;
	add_lies_about_bytes(filesystem);
	add_wrong_parts(filesystem);
	if (root)
		add_lies_of_views();
	return listed;
}
