/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directory of a bundle: its name while it is written, and its final one.
 */
#ifndef RESULTS_BUNDLE_NAME_H
#define RESULTS_BUNDLE_NAME_H

#include "results/bundle.h"

/* Chooses writer->path (out, or a free name below parent) and makes writer->temporary, with the
 * directories above it. 0, or -1 with one sentence. */
int bundle_make_directory(struct bundle_writer *writer, const char *parent, const char *out,
			  const char *label, char *why, size_t why_bytes);

/* Renames writer->temporary to writer->path, or to the next free name if that has been taken
 * meanwhile and was not asked for by name; fsyncs the directory above. 0, or -1 with errno set. */
int bundle_move_into_place(struct bundle_writer *writer);

#endif
