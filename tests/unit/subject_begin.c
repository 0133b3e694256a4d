// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who owns which slot, and that the files and the memory of a case begin as its ledgers say.
 */
#include "tests/unit/subject_layout.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/stamp.h"

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
