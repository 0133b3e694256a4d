// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The two kinds of values that jansson does not take as they are: bytes that may not be UTF-8, and
 * counts of 64 bits without a sign.
 */
#include "results/json.h"

#include <stdlib.h>
#include <string.h>

/* The length of the UTF-8 character at s (RFC 3629: no overlong form, no surrogate, nothing above
 * U+10FFFF), or 0 if there is none. */
static size_t character_bytes(const unsigned char *s, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t bytes;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	bytes = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (left < bytes)
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	if (s[0] == 0xed)
		high = 0x9f;
	if (s[0] == 0xf0)
		low = 0x90;
	if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < bytes; i++) {
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	}
	return bytes;
}

json_t *json_text(const char *text, size_t limit)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t bytes = text ? strnlen(text, limit) : 0, length = 0;
	char *clean = malloc(3 * bytes + 1);
	json_t *json;

	if (!clean)
		return NULL;
	for (size_t i = 0; i < bytes;) {
		size_t step = character_bytes((const unsigned char *)text + i, bytes - i);

		memcpy(clean + length, step ? text + i : replacement, step ? step : 3);
		length += step ? step : 3;
		i += step ? step : 1;
	}
	json = json_stringn(clean, length);
	free(clean);
	return json;
}

json_t *json_count(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}
