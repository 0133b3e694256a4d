/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sentences that grow: appending without ever running over, and the words that are nearest to a
 * misspelt one.
 */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <stddef.h>

/* Appends to the text of length at in a buffer of bytes; returns the new length, which is what
 * fits. Nothing happens to a buffer of 0 bytes. */
size_t text_add(char *text, size_t bytes, size_t at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Writes the (up to three) words of count that are nearest to word: "block, slot or depth". */
void text_nearest(const char *word, const char *const *words, unsigned count, char *text,
		  size_t bytes);

#endif
