// SPDX-License-Identifier: GPL-2.0-or-later
#include "front/values.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NS_PER_S 1000000000ull

/* strtoull() takes signs and leading blanks, which no option means. */
static bool number(const char *text, int base, uint64_t *value, const char **end)
{
	char *after;

	if (!isxdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*value = strtoull(text, &after, base);
	*end = after;
	return errno == 0 && after != text;
}

bool value_duration(const char *text, uint64_t *ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {
		{"", NS_PER_S},       {"ms", 1000000},        {"s", NS_PER_S},
		{"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S}, {"d", 86400 * NS_PER_S},
	};
	const char *unit;
	uint64_t value;

	if (!number(text, 10, &value, &unit) || value == 0)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].unit) == 0)
			return !__builtin_mul_overflow(value, units[i].ns, ns);
	}
	return false;
}

void value_write_duration(uint64_t ns, char *text, size_t bytes)
{
	uint64_t s = (ns + NS_PER_S / 2) / NS_PER_S;

	if (s >= 3600)
		snprintf(text, bytes, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(text, bytes, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else if (ns >= 10 * NS_PER_S)
		snprintf(text, bytes, "%" PRIu64 "s", s);
	else
		snprintf(text, bytes, "%.1fs", (double)ns / (double)NS_PER_S);
}

bool value_seed(const char *text, uint64_t *seed)
{
	bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *end;

	return number(text + (hexadecimal ? 2 : 0), hexadecimal ? 16 : 10, seed, &end) &&
	       *end == '\0' && *seed <= INT64_MAX;
}

bool value_count(const char *text, unsigned limit, unsigned *count)
{
	const char *end;
	uint64_t value;

	if (!number(text, 10, &value, &end) || *end != '\0' || value == 0 || value > limit)
		return false;
	*count = (unsigned)value;
	return true;
}

bool value_flag(const char *text, bool *flag)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off",
					    "on", "0",   "1",     NULL};
	int index = value_word(text, words);

	*flag = index % 2 == 1;
	return index >= 0;
}

int value_word(const char *text, const char *const *words)
{
	for (int i = 0; words[i]; i++) {
		if (strcasecmp(text, words[i]) == 0)
			return i;
	}
	return -1;
}
