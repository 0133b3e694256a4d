/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text for a terminal.
 */
#ifndef RESULTS_TEXT_H
#define RESULTS_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { GROUPED_BYTES = 32 };

/* Replaces control bytes, which could drive a terminal, by '?', and newlines and tabs by blanks. */
void text_clean(char *text);

/* 1234567 as "1,234,567"; returns text, which has GROUPED_BYTES. */
const char *text_grouped(uint64_t number, char *text);

/* Prints text, filled to columns, each line behind indent blanks. A word that is longer than a line
 * stays whole. */
void text_wrapped(FILE *out, const char *text, unsigned indent, unsigned columns);

/* Prints word so that a shell reads it as one word. */
void text_quoted(FILE *out, const char *word);

#endif
