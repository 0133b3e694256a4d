// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/option.h"
#include "lib/text.h"
#include "lib/words.h"

static struct option_values common(void)
{
	struct option_values values = {.count = 0};

	option_add_table(&values, common_options);
	return values;
}

static void refuses(const char *name, const char *text, const char *sentence)
{
	struct option_values values = common();
	char why[256] = "";

	assert_int_equal(option_set(&values, name, text, why, sizeof(why)), -1);
	assert_string_equal(why, sentence);
	/* A value that was refused leaves nothing behind. */
	assert_int_equal(option_format(&values, why, sizeof(why)), 0);
}

static int64_t accepts(const char *name, const char *text)
{
	struct option_values values = common();
	char why[256];

	assert_int_equal(option_set(&values, name, text, why, sizeof(why)), 0);
	return option_get(&values, name);
}

static void defaults_are_within_their_bounds(void **state)
{
	for (const struct option_row *row = common_options; row->name; row++) {
		assert_in_range(row->preset, row->minimum, row->maximum);
		assert_true(!row->power_of_two || (row->preset & (row->preset - 1)) == 0);
		assert_non_null(row->help);
	}
}

static void numbers_are_read(void **state)
{
	assert_int_equal(accepts("block", "512"), 512);
	assert_int_equal(accepts("block", "64K"), 65536);
	assert_int_equal(accepts("block", "1m"), 1 << 20);
	assert_int_equal(accepts("region", "1G"), 1 << 30);
	assert_int_equal(accepts("depth", "256"), 256);
	assert_int_equal(accepts("apart", "1"), 1);
}

static void words_are_read(void **state)
{
	assert_int_equal(accepts("way", "in"), WAY_IN);
	assert_int_equal(accepts("way", "out"), WAY_OUT);
	assert_int_equal(accepts("order", "sequential"), 1);
}

static void bad_values_are_refused_with_their_bounds(void **state)
{
	refuses("depth", "0", "depth=0 is out of bounds: from 1 to 256");
	refuses("depth", "257", "depth=257 is out of bounds: from 1 to 256");
	refuses("depth", "-3", "depth=-3 is out of bounds: from 1 to 256");
	refuses("block", "2M", "block=2M is out of bounds: from 512 to 1048576");
	refuses("block", "5000", "block=5000 is not a power of two (from 512 to 1048576)");
	refuses("way", "up", "way=up is none of its words: in, out");
	refuses("way", "1", "way=1 is none of its words: in, out");
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const texts[] = {"",
					    "K",
					    "4KB",
					    "4 K",
					    " 4",
					    "4.5",
					    "0x10",
					    "+8",
					    "4096T",
					    "--1",
					    "99999999999999999999",
					    "9000000000000000000G"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char sentence[256];

		text_add(sentence, sizeof(sentence), 0,
			 "block=%s is not a number (K, M and G behind it count in 1024)", texts[i]);
		refuses("block", texts[i], sentence);
	}
}

static void unknown_names_find_their_neighbours(void **state)
{
	refuses("blok", "512", "unknown option 'blok' (did you mean block, slot or way?)");
	refuses("writer", "2", "unknown option 'writer' (did you mean writers, order or way?)");
}

static void tables_add_up(void **state)
{
	static const struct option_row rows[] = {
		{.name = "depth", .help = "", .preset = 99, .minimum = 1, .maximum = 99},
		{.name = "pause", .help = "", .preset = -5, .minimum = -10, .maximum = 10},
		{.name = NULL},
	};
	struct option_values values = common();
	unsigned count = values.count;
	char text[64];

	assert_false(option_has(&values, "pause"));
	option_add_table(&values, rows);
	option_add_table(&values, NULL);
	assert_int_equal(values.count, count + 1);
	assert_int_equal(option_get(&values, "depth"), 8); /* the name that was there stays */
	assert_int_equal(option_get(&values, "pause"), -5);
	assert_true(option_has(&values, "pause"));
	assert_int_equal(option_set(&values, "pause", "-7", text, sizeof(text)), 0);
	option_format(&values, text, sizeof(text));
	assert_string_equal(text, "pause=-7");
}

static void format_writes_what_differs_in_table_order(void **state)
{
	struct option_values values = common();
	char text[64] = "x";

	assert_int_equal(option_format(&values, text, sizeof(text)), 0);
	assert_string_equal(text, "");
	option_put(&values, "order", 1);
	option_put(&values, "depth", 32);
	option_put(&values, "way", WAY_OUT);
	assert_int_equal(option_format(&values, text, sizeof(text)), 33);
	assert_string_equal(text, "way=out,depth=32,order=sequential");
	/* A buffer that is too small is cut, never overrun. */
	text[10] = '!';
	assert_int_equal(option_format(&values, text, 10), 9);
	assert_string_equal(text, "way=out,d");
	assert_int_equal(text[10], '!');
}

static void way_out_stands_in_for_way(void **state)
{
	struct option_values values = {.count = 0};
	char text[64];

	option_add_table(&values, way_out_options);
	option_add_table(&values, common_options);
	assert_int_equal(values.count, common().count);
	assert_int_equal(option_get(&values, "way"), WAY_OUT);
	assert_int_equal(option_format(&values, text, sizeof(text)), 0);
	option_put(&values, "way", WAY_IN);
	option_format(&values, text, sizeof(text));
	assert_string_equal(text, "way=in");
}

static void text_add_never_overruns(void **state)
{
	char text[8] = "abcdefg";
	size_t at = text_add(text, 4, 0, "%s", "xy");

	assert_int_equal(at, 2);
	at = text_add(text, 4, at, "%d", 12345);
	assert_int_equal(at, 3);
	assert_string_equal(text, "xy1");
	assert_int_equal(text_add(text, 4, at, "more"), 3);
	assert_int_equal(text_add(NULL, 0, 0, "more"), 0);
	assert_string_equal(text + 4, "efg");
}

static void nearest_words_are_few_and_in_order(void **state)
{
	static const char *const words[] = {"zebra", "odirect", "uring_fixed", "libaio", "odirekt"};
	char text[64];

	text_nearest("odirct", words, 5, text, sizeof(text));
	assert_string_equal(text, "odirect, odirekt or zebra");
	text_nearest("uring", words, 1, text, sizeof(text));
	assert_string_equal(text, "zebra");
	text_nearest("uring", words + 1, 2, text, sizeof(text));
	assert_string_equal(text, "uring_fixed or odirect");
	text_nearest("uring", words, 0, text, sizeof(text));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_within_their_bounds),
		cmocka_unit_test(numbers_are_read),
		cmocka_unit_test(words_are_read),
		cmocka_unit_test(bad_values_are_refused_with_their_bounds),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(unknown_names_find_their_neighbours),
		cmocka_unit_test(tables_add_up),
		cmocka_unit_test(format_writes_what_differs_in_table_order),
		cmocka_unit_test(way_out_stands_in_for_way),
		cmocka_unit_test(text_add_never_overruns),
		cmocka_unit_test(nearest_words_are_few_and_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
