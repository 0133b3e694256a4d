/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the cases of a run may live: file systems that are made on images, or the one that a
 * directory stands on.
 */
#ifndef FRONT_PLACES_H
#define FRONT_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include "front/arguments.h"
#include "lib/scratch.h"

struct places {
	const struct filesystem *filesystem[SCRATCH_MOUNTS]; /* to plan for */
	unsigned count;
	char directory[512]; /* where files go as they are; empty: images are made */
	bool unasked;        /* nobody asked for the directory: we are not root */
};

/* Chooses by --dir, --fs and whether we are root. Changes nothing. Returns 0, or -1 with one
 * sentence. */
int places_choose(struct places *places, const struct arguments *arguments, char *why,
		  size_t why_bytes);

/* The sentence for a user who is not root and gave no --dir, or NULL. */
const char *places_notice(const struct places *places, char *text, size_t bytes);

#endif
