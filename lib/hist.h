/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log-linear histogram of nanoseconds: 64 buckets per power of two, so a value that is read back
 * is wrong by at most 1/64. Buckets are stored and merged; percentiles are computed when read.
 */
#ifndef LIB_HIST_H
#define LIB_HIST_H

#include <stdint.h>

enum { HIST_SUB_BITS = 6, HIST_BUCKETS = (40 - HIST_SUB_BITS + 1) << HIST_SUB_BITS };

struct hist {
	uint64_t count, maximum;
	uint64_t bucket[HIST_BUCKETS];
};

/* Adds one value; those above 2^40 ns (18 minutes) go into the last bucket. */
void hist_add(struct hist *hist, uint64_t value_ns);

/* Adds the counts of from to to. */
void hist_merge(struct hist *to, const struct hist *from);

/* The lower bound of bucket i, in ns. */
uint64_t hist_bucket_low(unsigned i);

/* The value in ns at fraction (0 to 1) of the counts: the upper bound of its bucket, and never more
 * than the maximum; 0 for an empty histogram. */
uint64_t hist_percentile(const struct hist *hist, double fraction);

#endif
