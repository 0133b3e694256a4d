/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What --json prints: one document, with the words and names of a bundle.
 */
#ifndef FRONT_DOCUMENTS_H
#define FRONT_DOCUMENTS_H

#include <jansson.h>

#include "front/arguments.h"
#include "lib/plan.h"
#include "results/bundle.h"

/* Prints document with a newline and drops it. */
void document_print(FILE *out, json_t *document);

/* A run that is over: where its bundle is, counts per verdict, and each case's verdict. */
json_t *document_of(const struct bundle *bundle, const char *path, int code);
void document_bundle(FILE *out, const struct bundle *bundle, const char *path, int code);

/* A plan that was only asked for. */
void document_plan(FILE *out, const struct plan *plan, uint64_t seed, const char *profile,
		   uint64_t estimate_ns);

#endif
