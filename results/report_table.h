/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tally as a table of text that fits the terminal.
 */
#ifndef RESULTS_REPORT_TABLE_H
#define RESULTS_REPORT_TABLE_H

#include "results/report.h"
#include "results/tally.h"

/* Prints the table under its title; with counts, or the worst verdict's word alone. */
void report_table(FILE *out, struct report_style style, const struct tally *tally,
		  const char *title, bool counts);

/* The escape sequence for a verdict, and the one that ends it; "" without colour. */
const char *report_colour(struct report_style style, enum verdict verdict);
const char *report_plain(struct report_style style);

#endif
