// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

size_t text_add(char *text, size_t bytes, size_t at, const char *format, ...)
{
	va_list arguments;
	int length;

	if (at + 1 >= bytes)
		return at;
	va_start(arguments, format);
	length = vsnprintf(text + at, bytes - at, format, arguments);
	va_end(arguments);
	if (length < 0)
		return at;
	return (size_t)length < bytes - at ? at + (size_t)length : bytes - 1;
}

enum { WORD_LIMIT = 64, NEAREST = 3 };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance; what contains the other is near, so that "uring" finds "uring_fixed". */
static unsigned distance(const char *a, const char *b)
{
	size_t a_length = strnlen(a, WORD_LIMIT - 1), b_length = strnlen(b, WORD_LIMIT - 1);
	unsigned row[WORD_LIMIT];

	if (a_length && b_length && (strstr(a, b) || strstr(b, a)))
		return 1;
	for (size_t j = 0; j <= b_length; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned above = row[j];

			row[j] = least(least(above, row[j - 1]) + 1,
				       diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_length];
}

void text_nearest(const char *word, const char *const *words, unsigned count, char *text,
		  size_t bytes)
{
	unsigned best[NEAREST], far[NEAREST], found = 0;
	size_t at = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned away = distance(word, words[i]), place = found;

		while (place > 0 && far[place - 1] > away)
			place--;
		if (place == NEAREST)
			continue;
		found += found < NEAREST;
		for (unsigned k = found - 1; k > place; k--) {
			best[k] = best[k - 1];
			far[k] = far[k - 1];
		}
		best[place] = i;
		far[place] = away;
	}
	if (bytes)
		text[0] = '\0';
	for (unsigned k = 0; k < found; k++)
		at = text_add(text, bytes, at, "%s%s",
			      k == 0          ? ""
			      : k + 1 < found ? ", "
					      : " or ",
			      words[best[k]]);
}
