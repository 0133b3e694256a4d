/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON values from what a run knows: records, and text that may hold any bytes.
 */
#ifndef RESULTS_JSON_H
#define RESULTS_JSON_H

#include <jansson.h>

#include "lib/case.h"
#include "lib/evidence.h"
#include "lib/result.h"

/* What a record says until its case has ended. */
#define NEVER_FINISHED "started, never finished"

/* text up to its NUL or limit bytes; each byte that is not UTF-8 becomes U+FFFD, so that a kernel
 * log line or a reason is always valid JSON. NULL is "". */
json_t *json_text(const char *text, size_t limit);

/* JSON integers are signed: what does not fit is the largest that does. */
json_t *json_count(uint64_t value);

/* The record of a case that has begun, and of one that ended; NULL without memory. lines may be
 * NULL. */
json_t *record_started(const struct case_spec *spec);
json_t *record_ended(const struct case_spec *spec, const struct case_result *result,
		     const struct kmsg_lines *lines);

#endif
