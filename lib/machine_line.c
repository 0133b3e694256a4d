// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A line of the journal: words between spaces, with whatever a path may hold escaped as three octal
 * digits (and an empty word as "\-"), then "#" and a checksum of what stands before it.
 */
#include "lib/machine_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, for lines that a crash has cut: not against malice, the directory is ours alone. */
static unsigned checksum(const char *text, size_t length)
{
	unsigned sum = 2166136261u;

	for (size_t i = 0; i < length; i++)
		sum = (sum ^ (unsigned char)text[i]) * 16777619u;
	return sum;
}

static void put_word(FILE *out, const char *word)
{
	fputc(' ', out);
	if (!*word)
		fputs("\\-", out);
	for (; *word; word++) {
		unsigned char c = (unsigned char)*word;

		if (c <= ' ' || c == '\\' || c == 127)
			fprintf(out, "\\%03o", c);
		else
			fputc(c, out);
	}
}

char *line_of(const char *name, const char *const *words, unsigned count, unsigned *sum)
{
	char *body = NULL, *line = NULL;
	size_t length;
	FILE *out = open_memstream(&body, &length);

	if (!out)
		return NULL;
	fputs(name, out);
	for (unsigned i = 0; i < count; i++)
		put_word(out, words[i]);
	if (fclose(out) == 0) {
		*sum = checksum(body, length);
		if (asprintf(&line, "%s #%08x\n", body, *sum) < 0)
			line = NULL;
	}
	free(body);
	return line;
}

static void unescape(char *word)
{
	char *to = word;

	while (*word) {
		unsigned value;

		if (word[0] == '\\' && word[1] == '-') {
			word += 2;
		} else if (*word == '\\' && sscanf(word + 1, "%3o", &value) == 1) {
			*to++ = (char)value;
			word += 4;
		} else {
			*to++ = *word++;
		}
	}
	*to = '\0';
}

unsigned line_words(char *line, char *words[CHANGE_WORDS + 1], unsigned *sum)
{
	char *hash = strrchr(line, '#'), *save = NULL;
	unsigned count = 0;

	if (!hash || hash == line || hash[-1] != ' ' || strlen(hash) != 10 || hash[9] != '\n' ||
	    sscanf(hash + 1, "%8x", sum) != 1)
		return 0;
	hash[-1] = '\0';
	if (*sum != checksum(line, strlen(line)))
		return 0;
	for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (count == CHANGE_WORDS + 1)
			return 0;
		unescape(word);
		words[count++] = word;
	}
	return count;
}
