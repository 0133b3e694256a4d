/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the option table and the sources of options.
 */
#ifndef FRONT_SET_H
#define FRONT_SET_H

#include "front/arguments.h"

/* Sets the option of row from text. append: a list grows, else it starts anew. Returns 0, or -1
 * with a predicate in why ("is empty"), to which the caller adds whose value it was. */
int argument_set(struct arguments *arguments, const struct argument_row *row, const char *text,
		 bool append, char *why, size_t why_bytes);
void argument_list_free(struct argument_list *list);

/* Notes that somebody set it. */
void argument_mark(struct arguments *arguments, const struct argument_row *row);

/* Writes the options of command (of any, if it is NULL) that are nearest to what was typed. */
void argument_nearest(const struct command *command, const char *typed, char *text, size_t bytes);

#endif
