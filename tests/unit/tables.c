// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registration, and what every table that is linked in has to keep.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/case.h"
#include "tests/unit/mock_tables.h"

REPRODUCER(mock_bug) = {MOCK(mock_bug), .case_id = "mock_memory/mock_anon/mock_calm@none"};

static void names_are_sorted_and_unique(void **state)
{
	for (enum table_kind kind = 0; kind < TABLE_KINDS; kind++) {
		unsigned count = 0;

		for_each_table (node, kind) {
			count++;
			if (node->next)
				assert_true(strcmp(node->name, node->next->name) < 0);
		}
		assert_int_equal(table_count(kind), count);
		assert_true(count > 0);
	}
}

static void tables_are_found_by_name(void **state)
{
	assert_ptr_equal(workload_find("mock_fixed"), &workload_mock_fixed);
	assert_ptr_equal(backing_find("mock_memfd"), &backing_mock_memfd);
	assert_ptr_equal(stressor_find("mock_sync"), &stressor_mock_sync);
	assert_ptr_equal(filesystem_find("mock_ext"), &filesystem_mock_ext);
	assert_ptr_equal(reproducer_find("mock_bug"), &reproducer_mock_bug);
	assert_null(workload_find("mock_sync"));
	assert_null(stressor_find("mock_fixed"));
	assert_null(stressor_find("mock_syn"));
	assert_null(workload_find(""));
}

static void check_words_of(const struct table_node *node, const char *name, const char *summary,
			   const char *letters)
{
	assert_string_equal(node->name, name);
	assert_non_null(summary);
	assert_int_not_equal(summary[0], '\0');
	/* They stand between the marks of an id. */
	assert_int_equal(strspn(name, letters), strlen(name));
}

static void check_words(const struct table_node *node, const char *name, const char *summary)
{
	check_words_of(node, name, summary, "abcdefghijklmnopqrstuvwxyz0123456789_");
}

static void check_options(const struct option_row *row)
{
	struct option_values values = {.count = 0};

	option_add_table(&values, common_options);
	for (; row && row->name; row++) {
		assert_in_range(row->preset, row->minimum, row->maximum);
		assert_non_null(row->help);
		/* A name of the common rows would never be heard. */
		assert_false(option_has(&values, row->name));
		for (int64_t i = 0; row->words && i <= row->maximum - row->minimum; i++)
			assert_non_null(row->words[i]);
		assert_true(!row->power_of_two || (row->preset & (row->preset - 1)) == 0);
	}
}

static void tables_are_whole(void **state)
{
	for_each_table (node, TABLE_WORKLOAD) {
		const struct workload *workload = TABLE_OF(node, workload);

		check_words(node, workload->name, workload->summary);
		check_options(workload->options);
		assert_in_range(workload->ways, WAY_IN, WAY_IN | WAY_OUT);
	}
	for_each_table (node, TABLE_BACKING) {
		const struct backing *backing = TABLE_OF(node, backing);

		check_words(node, backing->name, backing->summary);
		assert_true(backing->file || (!backing->on_disk && !backing->shared));
	}
	for_each_table (node, TABLE_STRESSOR) {
		check_words(node, TABLE_OF(node, stressor)->name,
			    TABLE_OF(node, stressor)->summary);
		check_options(TABLE_OF(node, stressor)->options);
	}
	for_each_table (node, TABLE_FILESYSTEM) {
		const struct filesystem *filesystem = TABLE_OF(node, filesystem);

		/* A '+' comes before its layer. */
		check_words_of(node, filesystem->name, filesystem->summary,
			       "abcdefghijklmnopqrstuvwxyz0123456789_+");
		assert_int_equal(filesystem->direct_align & (filesystem->direct_align - 1), 0);
	}
}

static void cases_of_reproducers_make_sense(void **state)
{
	for_each_table (node, TABLE_REPRODUCER) {
		const struct reproducer *reproducer = TABLE_OF(node, reproducer);
		struct case_spec spec = {.seed = 1};
		char why[512];

		check_words(node, reproducer->name, reproducer->summary);
		if (reproducer->case_id &&
		    (case_parse(&spec, reproducer->case_id, why, sizeof(why)) < 0 ||
		     !case_valid(&spec, why, sizeof(why))))
			fail_msg("%s: %s: %s", reproducer->name, reproducer->case_id, why);
	}
}

#ifdef DIRTYPIN_SOURCE_DIR
/* A file that the linker dropped, or that forgot its table, is a question quietly not asked. */
static void check_room(const char *room, enum table_kind kind)
{
	char path[512];
	unsigned files = 0, tables = 0;
	DIR *directory;

	snprintf(path, sizeof(path), "%s/%s", DIRTYPIN_SOURCE_DIR, room);
	directory = opendir(path);
	assert_non_null(directory);
	for (struct dirent *entry; (entry = readdir(directory));) {
		size_t length = strlen(entry->d_name);

		files += length > 2 && strcmp(entry->d_name + length - 2, ".c") == 0;
	}
	closedir(directory);
	for_each_table (node, kind)
		tables += strncmp(node->name, "mock_", 5) != 0;
	if (files != tables)
		fail_msg("%s has %u files and %u tables", path, files, tables);
}

static void every_file_of_a_room_has_its_table(void **state)
{
	check_room("bench", TABLE_WORKLOAD);
	check_room("stress", TABLE_STRESSOR);
	check_room("reproducers", TABLE_REPRODUCER);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_sorted_and_unique),
		cmocka_unit_test(tables_are_found_by_name),
		cmocka_unit_test(tables_are_whole),
		cmocka_unit_test(cases_of_reproducers_make_sense),
#ifdef DIRTYPIN_SOURCE_DIR
		cmocka_unit_test(every_file_of_a_room_has_its_table),
#endif
	};

	mock_tables();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
