// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is judged, and by which views, for each way, far end and backing.
 */
#include "tests/unit/subject_layout.h"

#define BIT(view) (1u << (view))

enum {
	MEMORY = BIT(VIEW_MAP) | BIT(VIEW_UNPINNED),
	FILE_VIEWS = BIT(VIEW_BUFFERED) | BIT(VIEW_UNPINNED),
	DISK = FILE_VIEWS | BIT(VIEW_DEVICE) | BIT(VIEW_DIRECT) | BIT(VIEW_REMOUNT),
	MAPPED = BIT(VIEW_MAP),
	PEER = BIT(VIEW_PEER),
	NO_SUBJECT = 0,
};

static void assert_subject(unsigned index, unsigned views, const char *path, bool on_disk)
{
	const struct subject *subject = &run.subject[index];

	if (subject->views != views)
		fail_msg("%s: subject %u has views %#x, not %#x", spec.id, index, subject->views,
			 views);
	assert_int_equal(subject->has_file, path != NULL);
	assert_int_equal(subject->on_disk, on_disk);
	assert_string_equal(subject->path, path ? path : "");
	assert_int_equal(subject->fd, -1);
	assert_int_equal(subject->bytes, run.region_bytes);
}

/* One case, and its subjects: views, path (NULL without a file, "" for one without a name yet) and
 * whether that is on the file system of the case. */
struct expected {
	const char *id;
	struct {
		unsigned views;
		const char *path;
		bool on_disk;
	} subject[SUBJECTS];
};

static void assert_expected(const struct expected *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned subjects = rows[i].subject[1].views ? 2 : 1;

		lay_out(rows[i].id, &anywhere);
		if (run.subjects != subjects)
			fail_msg("%s: %u subjects", rows[i].id, run.subjects);
		for (unsigned k = 0; k < subjects; k++)
			assert_subject(k, rows[i].subject[k].views, rows[i].subject[k].path,
				       rows[i].subject[k].on_disk);
	}
}

#define ASSERT_EXPECTED(rows) assert_expected(rows, sizeof(rows) / sizeof((rows)[0]))

static void in_judges_the_memory_and_its_file(void **state)
{
	static const struct expected rows[] = {
		{"mock_memory/mock_anon/mock_calm@none:way=in", {{MEMORY, NULL, false}}},
		{"mock_memory/mock_memfd/mock_calm@none:way=in",
		 {{MEMORY | FILE_VIEWS, "", false}}},
		{"mock_memory/mock_shared/mock_calm@mock_ext:way=in",
		 {{MEMORY | DISK, "/near/backing", true}}},
		/* What reaches a private page must never reach the file below it. */
		{"mock_memory/mock_private/mock_calm@mock_ext:way=in",
		 {{MEMORY, NULL, false}, {DISK, "/near/backing", true}}},
		{"mock_direct/mock_anon/mock_calm@mock_ext:way=in", {{MEMORY, NULL, false}}},
		{"mock_direct/mock_memfd/mock_calm@mock_ext:way=in",
		 {{MEMORY | FILE_VIEWS, "", false}}},
		{"mock_direct/mock_shared/mock_calm@mock_ext:way=in",
		 {{MEMORY | DISK, "/near/backing", true}}},
		{"mock_direct/mock_private/mock_calm@mock_ext:way=in",
		 {{MEMORY, NULL, false}, {DISK, "/near/backing", true}}},
	};

	ASSERT_EXPECTED(rows);
}

static void out_judges_the_far_end_and_the_file_below_the_memory(void **state)
{
	static const struct expected rows[] = {
		{"mock_memory/mock_anon/mock_calm@none:way=out", {{PEER, NULL, false}}},
		{"mock_memory/mock_memfd/mock_calm@none:way=out",
		 {{PEER, NULL, false}, {MAPPED | FILE_VIEWS, "", false}}},
		{"mock_memory/mock_shared/mock_calm@mock_ext:way=out",
		 {{PEER, NULL, false}, {MAPPED | DISK, "/near/backing", true}}},
		{"mock_memory/mock_private/mock_calm@mock_ext:way=out",
		 {{PEER, NULL, false}, {DISK, "/near/backing", true}}},
		{"mock_direct/mock_anon/mock_calm@mock_ext:way=out", {{DISK, "/near/far", true}}},
		{"mock_direct/mock_memfd/mock_calm@mock_ext:way=out",
		 {{DISK, "/near/far", true}, {MAPPED | FILE_VIEWS, "", false}}},
		{"mock_direct/mock_shared/mock_calm@mock_ext:way=out",
		 {{DISK, "/near/far", true}, {MAPPED | DISK, "/near/backing", true}}},
		{"mock_direct/mock_private/mock_calm@mock_ext:way=out",
		 {{DISK, "/near/far", true}, {DISK, "/near/backing", true}}},
	};

	ASSERT_EXPECTED(rows);
}

static void without_a_far_end_the_memory_is_judged_either_way(void **state)
{
	static const struct expected rows[] = {
		{"null/mock_anon/mock_calm@none:way=in", {{MEMORY, NULL, false}}},
		{"null/mock_anon/mock_calm@none:way=out", {{MEMORY, NULL, false}}},
		{"null/mock_shared/mock_calm@mock_ext:way=out",
		 {{MEMORY | DISK, "/near/backing", true}}},
		{"null/mock_private/mock_calm@mock_ext:way=out",
		 {{MEMORY, NULL, false}, {DISK, "/near/backing", true}}},
	};

	ASSERT_EXPECTED(rows);
}

/* apart=1: what is judged stays on the file system of the case, what only helps goes elsewhere. */
static void apart_moves_the_other_file(void **state)
{
	lay_out("mock_direct/mock_shared/mock_calm@mock_ext:way=in,apart=1", &anywhere);
	assert_string_equal(run.far_path, "/other/far");
	assert_string_equal(run.memory_path, "/near/backing");
	assert_subject(0, MEMORY | DISK, "/near/backing", true);
	lay_out("mock_direct/mock_shared/mock_calm@mock_ext:way=out,apart=1", &anywhere);
	assert_string_equal(run.far_path, "/near/far");
	assert_string_equal(run.memory_path, "/other/backing");
	assert_subject(0, DISK, "/near/far", true);
	assert_subject(1, MAPPED | FILE_VIEWS, "/other/backing", false);
}

static void a_view_needs_what_it_reads(void **state)
{
	static const struct filesystem journalled = {
		.name = "journalled", .block_device = true, .journalled_data = true};
	struct case_place place = anywhere;
	const char *id = "mock_memory/mock_shared/mock_calm@mock_ext:way=in";

	place.device[0] = '\0';
	lay_out(id, &place);
	assert_subject(0, MEMORY | (DISK & ~BIT(VIEW_DEVICE)), "/near/backing", true);
	place = anywhere;
	place.remountable = false;
	lay_out(id, &place);
	assert_subject(0, MEMORY | (DISK & ~BIT(VIEW_REMOUNT)), "/near/backing", true);
	lay_out("mock_memory/mock_shared/mock_calm@mock_tmp:way=in", &anywhere);
	assert_subject(0, MEMORY | FILE_VIEWS, "/near/backing", true);
	/* After fsync the bytes may be in the journal, not where FIEMAP says. */
	spec.filesystem = &journalled;
	run = (struct run){.far_fd = -1};
	subject_layout(&run, &spec, &anywhere);
	assert_subject(0, MEMORY | FILE_VIEWS | BIT(VIEW_REMOUNT), "/near/backing", true);
}

static void options_become_sizes(void **state)
{
	lay_out("mock_memory/mock_anon/mock_calm@none:region=131072,block=8192,slot=512,writers=3,"
		"order=sequential",
		&anywhere);
	assert_int_equal(run.region_bytes, 131072);
	assert_int_equal(run.block_bytes, 8192);
	assert_int_equal(run.slot_bytes, 512);
	assert_int_equal(run.blocks, 16);
	assert_int_equal(run.slots_per_block, 16);
	assert_int_equal(run.movers, 3);
	assert_true(run.sequential && run.judge && run.refill);
	assert_true(run.planes > 1);
	assert_int_equal(run.owned_every, 0);
	lay_out("mock_direct/mock_anon/mock_calm@mock_ext:refill=0,judge=0", &anywhere);
	assert_true(!run.refill && !run.judge && !run.sequential);
	assert_int_equal(run.planes, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_judges_the_memory_and_its_file),
		cmocka_unit_test(out_judges_the_far_end_and_the_file_below_the_memory),
		cmocka_unit_test(without_a_far_end_the_memory_is_judged_either_way),
		cmocka_unit_test(apart_moves_the_other_file),
		cmocka_unit_test(a_view_needs_what_it_reads),
		cmocka_unit_test(options_become_sizes),
	};

	mock_tables();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
