// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is judged, and by which views, for each way, far end and backing; and that the files and the
 * memory of a case begin as its ledgers say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/stamp.h"
#include "lib/subject.h"
#include "tests/unit/mock_tables.h"

#define BIT(view) (1u << (view))

enum {
	MEMORY = BIT(VIEW_MAP) | BIT(VIEW_UNPINNED),
	FILE_VIEWS = BIT(VIEW_BUFFERED) | BIT(VIEW_UNPINNED),
	DISK = FILE_VIEWS | BIT(VIEW_DEVICE) | BIT(VIEW_DIRECT) | BIT(VIEW_REMOUNT),
	MAPPED = BIT(VIEW_MAP),
	PEER = BIT(VIEW_PEER),
	NO_SUBJECT = 0,
};

static const struct case_place anywhere = {.directory = "/near",
					   .other_directory = "/other",
					   .device = "/dev/loop9",
					   .remountable = true};

static struct case_spec spec;
static struct run run;

static void lay_out(const char *id, const struct case_place *place)
{
	char why[512] = "";

	spec = (struct case_spec){.seed = 0x5eed, .round = 1};
	if (case_parse(&spec, id, why, sizeof(why)))
		fail_msg("%s: %s", id, why);
	run = (struct run){.far_fd = -1};
	subject_layout(&run, &spec, place);
}

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

/* Every block has one owner, and the movers' shares differ by one block at most. */
static void blocks_are_shared_out_evenly(void **state)
{
	for (unsigned writers = 1; writers <= 8; writers++) {
		for (unsigned owned = 0; owned < 2; owned++) {
			unsigned share[8] = {0}, stressor = 0;
			char id[200];

			snprintf(id, sizeof(id),
				 "mock_memory/mock_shared/%s@mock_ext:region=131072,writers=%u",
				 owned ? "mock_writer" : "mock_calm", writers);
			lay_out(id, &anywhere);
			for (uint32_t block = 0; block < run.blocks; block++) {
				int owner = subject_owner(&run, block);

				assert_in_range(owner + 1, 0, writers);
				if (owner < 0)
					stressor++;
				else
					share[owner]++;
			}
			assert_int_equal(stressor, owned ? run.blocks / run.owned_every : 0);
			for (unsigned i = 1; i < writers; i++)
				assert_true(share[i] <= share[0] && share[i] + 1 >= share[0]);
		}
	}
}

static unsigned writer_of(struct ledger *ledger, uint32_t block)
{
	for (uint32_t i = 1; i < run.slots_per_block; i++)
		assert_int_equal(ledger->slot[block * run.slots_per_block + i].writer,
				 ledger->slot[block * run.slots_per_block].writer);
	return ledger->slot[block * run.slots_per_block].writer;
}

static void free_both(struct ledger *ledgers[SUBJECTS])
{
	ledger_free(ledgers[0]);
	ledger_free(ledgers[1]);
}

static void a_ledger_knows_each_slots_writer(void **state)
{
	struct ledger *ledgers[SUBJECTS];

	lay_out("mock_memory/mock_shared/mock_writer@mock_ext:way=in,writers=3,slot=512",
		&anywhere);
	assert_int_equal(subject_ledgers(&run, ledgers), 0);
	assert_null(ledgers[1]);
	assert_int_equal(ledgers[0]->slots, run.region_bytes / 512);
	assert_int_equal(ledgers[0]->seed, 0x5eed);
	for (uint32_t block = 0; block < run.blocks; block++) {
		int owner = subject_owner(&run, block);

		assert_int_equal(writer_of(ledgers[0], block), owner < 0 ? STRESS_WRITER : owner);
	}
	free_both(ledgers);
}

static void a_stressor_writes_to_one_subject_only(void **state)
{
	struct ledger *ledgers[SUBJECTS];

	/* Only the second has a file that a stressor could write to. */
	lay_out("mock_memory/mock_shared/mock_writer@mock_ext:way=out,writers=2", &anywhere);
	assert_int_equal(subject_ledgers(&run, ledgers), 0);
	for (uint32_t block = 0; block < run.blocks; block++) {
		int owner = subject_owner(&run, block);

		assert_int_equal(writer_of(ledgers[0], block), owner < 0 ? 0 : owner);
		assert_int_equal(writer_of(ledgers[1], block), owner < 0 ? STRESS_WRITER : owner);
	}
	free_both(ledgers);
}

/* The file below a private mapping must never show what was moved: its stamps are of another file.
 */
static void an_untouched_file_has_stamps_of_its_own(void **state)
{
	struct ledger *ledgers[SUBJECTS];

	lay_out("mock_memory/mock_private/mock_calm@mock_ext:way=in,writers=4", &anywhere);
	assert_int_equal(subject_ledgers(&run, ledgers), 0);
	assert_int_not_equal(ledgers[0]->file, ledgers[1]->file);
	for (uint32_t block = 0; block < run.blocks; block++) {
		assert_int_equal(writer_of(ledgers[0], block), block % 4);
		assert_int_equal(writer_of(ledgers[1], block), 0);
	}
	free_both(ledgers);
	lay_out("mock_memory/mock_shared/mock_calm@mock_ext:way=out", &anywhere);
	assert_int_equal(subject_ledgers(&run, ledgers), 0);
	assert_int_equal(ledgers[0]->file, ledgers[1]->file);
	free_both(ledgers);
}

/* --- how they begin --- */

static void assert_prefilled(const struct ledger *ledger, const uint8_t *bytes)
{
	for (uint32_t slot = 0; slot < ledger->slots; slot++) {
		struct stamp_id id = {.seed = ledger->seed,
				      .slot = slot,
				      .generation = 1,
				      .slot_bytes = ledger->slot_bytes,
				      .writer = ledger->slot[slot].writer,
				      .file = ledger->file};

		assert_true(stamp_check(bytes + (size_t)slot * ledger->slot_bytes, &id));
	}
}

static void assert_file_prefilled(const struct ledger *ledger, const char *path)
{
	uint8_t *bytes = aligned_alloc(64, run.region_bytes);
	int fd = open(path, O_RDONLY);

	assert_true(bytes && fd >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), run.region_bytes);
	assert_int_equal(pread(fd, bytes, run.region_bytes, 0), run.region_bytes);
	assert_prefilled(ledger, bytes);
	close(fd);
	free(bytes);
}

static void files_begin_as_the_ledgers_say(void **state)
{
	static const char *const ids[] = {
		"mock_direct/mock_shared/mock_calm@mock_ext:way=out,region=65536,slot=512",
		"mock_direct/mock_private/mock_calm@mock_ext:way=out,region=65536,writers=2",
		"mock_direct/mock_shared/mock_writer@mock_ext:way=in,region=65536,apart=1",
	};
	char near[] = "/tmp/dirtypin-unit-XXXXXX", other[] = "/tmp/dirtypin-unit-XXXXXX";
	struct case_place place = {.remountable = false};

	assert_true(mkdtemp(near) && mkdtemp(other));
	strcpy(place.directory, near);
	strcpy(place.other_directory, other);
	for (unsigned i = 0; i < 3; i++) {
		struct ledger *ledgers[SUBJECTS];

		lay_out(ids[i], &place);
		assert_int_equal(subject_ledgers(&run, ledgers), 0);
		run.subject[0].ledger = ledgers[0];
		run.subject[1].ledger = ledgers[1];
		subject_prefill(&run);
		assert_file_prefilled(ledgers[0], run.far_path);
		assert_file_prefilled(ledgers[run.subjects - 1], run.memory_path);
		subject_remove_files(&place);
		assert_int_equal(access(run.far_path, F_OK), -1);
		assert_int_equal(access(run.memory_path, F_OK), -1);
		free_both(ledgers);
	}
	assert_int_equal(rmdir(near), 0);
	assert_int_equal(rmdir(other), 0);
}

static void memory_begins_as_its_ledger_says(void **state)
{
	static const struct {
		const char *id;
		int ledger; /* whose stamps, or -1 for none: the file shows them, or nobody asks */
	} rows[] = {
		{"mock_memory/mock_anon/mock_calm@none:way=in,region=65536", 0},
		{"mock_memory/mock_memfd/mock_calm@none:way=in,region=65536", 0},
		{"mock_memory/mock_memfd/mock_calm@none:way=out,region=65536", 1},
		{"mock_memory/mock_private/mock_calm@mock_ext:way=in,region=65536", 0},
		{"null/mock_anon/mock_calm@none:way=out,region=65536", 0},
		{"mock_memory/mock_shared/mock_calm@mock_ext:way=in,region=65536", -1},
		{"mock_memory/mock_private/mock_calm@mock_ext:way=out,region=65536", -1},
		{"mock_memory/mock_anon/mock_calm@none:way=out,region=65536", -1},
	};
	static _Alignas(64) uint8_t memory[65536], untouched[65536];

	memset(untouched, 0xee, sizeof(untouched));
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ledger *ledgers[SUBJECTS];

		lay_out(rows[i].id, &anywhere);
		assert_int_equal(subject_ledgers(&run, ledgers), 0);
		run.subject[0].ledger = ledgers[0];
		run.subject[1].ledger = ledgers[1];
		run.memory = memory;
		memset(memory, 0xee, sizeof(memory));
		subject_prefill_memory(&run);
		if (rows[i].ledger >= 0)
			assert_prefilled(ledgers[rows[i].ledger], memory);
		else
			assert_memory_equal(memory, untouched, sizeof(memory));
		free_both(ledgers);
	}
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
		cmocka_unit_test(blocks_are_shared_out_evenly),
		cmocka_unit_test(a_ledger_knows_each_slots_writer),
		cmocka_unit_test(a_stressor_writes_to_one_subject_only),
		cmocka_unit_test(an_untouched_file_has_stamps_of_its_own),
		cmocka_unit_test(files_begin_as_the_ledgers_say),
		cmocka_unit_test(memory_begins_as_its_ledger_says),
	};

	mock_tables();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
