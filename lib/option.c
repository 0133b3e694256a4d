// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rows that every case has, and the one parser and the one writer of option values. A value is
 * refused with its bounds and an unknown name with its nearest neighbours, so that a typing error
 * never becomes a case that asks something else.
 */
#include "lib/option.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "lib/words.h"

enum { KIB = 1024, MIB = 1024 * KIB, GIB = 1024 * MIB };

static const char *const way_words[] = {"in", "out"};
static const char *const order_words[] = {"random", "sequential"};

#define WAY_ROW(default_way)                                                                       \
	{                                                                                          \
		.name = "way",                                                                     \
		.help = "whether bytes move in to the pinned memory, or out of it (default: in, "  \
			"where the workload can)",                                                 \
		.preset = (default_way), .minimum = WAY_IN, .maximum = WAY_OUT, .words = way_words \
	}

/* clang-format off */
const struct option_row common_options[] = {
	WAY_ROW(WAY_IN),
	{.name = "block", .help = "bytes that one op moves",
	 .preset = 4 * KIB, .minimum = 512, .maximum = MIB, .power_of_two = true},
	{.name = "depth", .help = "ops in flight at once, per mover",
	 .preset = 8, .minimum = 1, .maximum = 256},
	{.name = "slot", .help = "bytes that carry one stamp; at most a block",
	 .preset = 4 * KIB, .minimum = 64, .maximum = 64 * KIB, .power_of_two = true},
	{.name = "region", .help = "bytes of pinned memory",
	 .preset = 2 * MIB, .minimum = 64 * KIB, .maximum = GIB, .power_of_two = true},
	{.name = "writers", .help = "movers, each with its own thread and every writers'th block; at "
	 "least one per workload",
	 .preset = 1, .minimum = 1, .maximum = 8},
	{.name = "apart", .help = "1 puts the far file and the backing's file on two file systems",
	 .preset = 0, .minimum = 0, .maximum = 1},
	{.name = "order", .help = "in which a mover goes through its blocks",
	 .preset = 0, .minimum = 0, .maximum = 1, .words = order_words},
	{.name = "refill", .help = "IN from a file: 0 reads the same generations again, for measuring "
	 "without writes; the memory is spoiled first, so that a lost read still shows",
	 .preset = 1, .minimum = 0, .maximum = 1},
	{.name = "judge", .help = "0 neither stamps nor judges: what our own verification costs; such "
	 "a case never passes",
	 .preset = 1, .minimum = 0, .maximum = 1},
	{.name = NULL},
};
/* clang-format on */

const struct option_row way_out_options[] = {WAY_ROW(WAY_OUT), {.name = NULL}};

static int find(const struct option_values *values, const char *name)
{
	for (unsigned i = 0; i < values->count; i++) {
		if (strcmp(values->item[i].row->name, name) == 0)
			return (int)i;
	}
	return -1;
}

static unsigned find_or_abort(const struct option_values *values, const char *name)
{
	int i = find(values, name);

	if (i >= 0)
		return (unsigned)i;
	fprintf(stderr, "dirtypin: no table of this case has the option %s\n", name);
	abort();
}

void option_add_table(struct option_values *values, const struct option_row *table)
{
	for (const struct option_row *row = table; row && row->name; row++) {
		if (find(values, row->name) >= 0)
			continue;
		if (values->count == OPTIONS_PER_CASE) {
			fprintf(stderr,
				"dirtypin: %s is one option too many: a case has up to %d\n",
				row->name, OPTIONS_PER_CASE);
			abort();
		}
		values->item[values->count].row = row;
		values->item[values->count++].value = row->preset;
	}
}

static int say_unknown(const struct option_values *values, const char *name, char *why,
		       size_t why_bytes)
{
	const char *names[OPTIONS_PER_CASE];
	char nearest[128];

	for (unsigned i = 0; i < values->count; i++)
		names[i] = values->item[i].row->name;
	text_nearest(name, names, values->count, nearest, sizeof(nearest));
	text_add(why, why_bytes, 0, "unknown option '%s' (did you mean %s?)", name, nearest);
	return -1;
}

static int parse_word(const struct option_row *row, const char *text, int64_t *value, char *why,
		      size_t why_bytes)
{
	size_t at;

	for (*value = row->minimum; *value <= row->maximum; ++*value) {
		if (strcmp(row->words[*value - row->minimum], text) == 0)
			return 0;
	}
	at = text_add(why, why_bytes, 0, "%s=%s is none of its words:", row->name, text);
	for (int64_t i = 0; i <= row->maximum - row->minimum; i++)
		at = text_add(why, why_bytes, at, "%s %s", i ? "," : "", row->words[i]);
	return -1;
}

/* A whole decimal number, with at most one of K, M and G behind it. */
static bool read_number(const char *text, int64_t *value)
{
	static const char suffixes[] = "KMG";
	const char *suffix;
	char *end;

	if (!isdigit((unsigned char)text[text[0] == '-']))
		return false;
	errno = 0;
	*value = strtoll(text, &end, 10);
	if (errno)
		return false;
	if (*end == '\0')
		return true;
	suffix = strchr(suffixes, toupper((unsigned char)*end));
	return suffix && end[1] == '\0' &&
	       !__builtin_mul_overflow(*value, INT64_C(1) << (10 * (suffix - suffixes + 1)), value);
}

static int parse_number(const struct option_row *row, const char *text, int64_t *value, char *why,
			size_t why_bytes)
{
	if (!read_number(text, value)) {
		text_add(why, why_bytes, 0,
			 "%s=%s is not a number (K, M and G behind it count in 1024)", row->name,
			 text);
		return -1;
	}
	if (*value < row->minimum || *value > row->maximum) {
		text_add(why, why_bytes, 0, "%s=%s is out of bounds: from %lld to %lld", row->name,
			 text, (long long)row->minimum, (long long)row->maximum);
		return -1;
	}
	if (row->power_of_two && (*value & (*value - 1))) {
		text_add(why, why_bytes, 0, "%s=%s is not a power of two (from %lld to %lld)",
			 row->name, text, (long long)row->minimum, (long long)row->maximum);
		return -1;
	}
	return 0;
}

int option_set(struct option_values *values, const char *name, const char *text, char *why,
	       size_t why_bytes)
{
	int i = find(values, name);
	const struct option_row *row;
	int64_t value;
	int result;

	if (i < 0)
		return say_unknown(values, name, why, why_bytes);
	row = values->item[i].row;
	result = row->words ? parse_word(row, text, &value, why, why_bytes)
			    : parse_number(row, text, &value, why, why_bytes);
	if (result == 0)
		values->item[i].value = value;
	return result;
}

void option_put(struct option_values *values, const char *name, int64_t value)
{
	values->item[find_or_abort(values, name)].value = value;
}

int64_t option_get(const struct option_values *values, const char *name)
{
	return values->item[find_or_abort(values, name)].value;
}

bool option_has(const struct option_values *values, const char *name)
{
	return find(values, name) >= 0;
}

size_t option_format(const struct option_values *values, char *text, size_t bytes)
{
	size_t at = 0;

	if (bytes)
		text[0] = '\0';
	for (unsigned i = 0; i < values->count; i++) {
		const struct option_row *row = values->item[i].row;
		int64_t value = values->item[i].value;

		if (value == row->preset)
			continue;
		at = text_add(text, bytes, at, "%s%s=", at ? "," : "", row->name);
		if (row->words)
			at = text_add(text, bytes, at, "%s", row->words[value - row->minimum]);
		else
			at = text_add(text, bytes, at, "%lld", (long long)value);
	}
	return at;
}
