// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text for a terminal: what comes from a bundle may be anybody's, and is cleaned before it is
 * printed.
 */
#include "results/text.h"

#include <inttypes.h>
#include <string.h>

void text_clean(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++) {
		if (*c == '\n' || *c == '\t')
			*c = ' ';
		else if (*c < ' ' || *c == 0x7f)
			*c = '?';
		else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			/* U+0080 to U+009F are control characters, too. */
			c[0] = c[1] = '?';
	}
}

const char *text_grouped(uint64_t number, char *text)
{
	char digits[GROUPED_BYTES];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number), used = 0;

	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			text[used++] = ',';
		text[used++] = digits[i];
	}
	text[used] = '\0';
	return text;
}

void text_wrapped(FILE *out, const char *text, unsigned indent, unsigned columns)
{
	size_t at = 0;

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t word = strcspn(text, " ");

		if (at && at + 1 + word > columns) {
			fputc('\n', out);
			at = 0;
		}
		if (at)
			fputc(' ', out);
		else
			fprintf(out, "%*s", (int)indent, "");
		fwrite(text, 1, word, out);
		at += word + (at ? 1 : indent);
		text += word;
	}
	fputc('\n', out);
}

void text_quoted(FILE *out, const char *word)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789._+-/=:@,";

	if (*word && word[strspn(word, safe)] == '\0') {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	}
	fputc('\'', out);
}
