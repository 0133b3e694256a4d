/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of options, as people type them.
 */
#ifndef FRONT_VALUES_H
#define FRONT_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "90s", "5m", "2h", "1d", "250ms"; a bare number is seconds. Above zero. */
bool value_duration(const char *text, uint64_t *ns);

/* Writes ns as "2m30s" or "0.4s". */
void value_write_duration(uint64_t ns, char *text, size_t bytes);

/* Decimal, or hexadecimal with 0x; no more than 2^63 - 1, which is what JSON readers can hold. */
bool value_seed(const char *text, uint64_t *seed);

/* A whole number from 1 to limit. */
bool value_count(const char *text, unsigned limit, unsigned *count);

/* yes, no, true, false, on, off, 1, 0. */
bool value_flag(const char *text, bool *flag);

/* The index of text in words (ended by NULL), or -1. */
int value_word(const char *text, const char *const *words);

#endif
