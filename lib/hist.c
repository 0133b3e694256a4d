// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/hist.h"

enum { SUB_BUCKETS = 1 << HIST_SUB_BITS };

/* Values below SUB_BUCKETS have a bucket each; above, the bits behind the highest one choose one of
 * SUB_BUCKETS. */
static unsigned bucket_of(uint64_t value_ns)
{
	unsigned exponent;

	if (value_ns < SUB_BUCKETS)
		return (unsigned)value_ns;
	exponent = 63 - (unsigned)__builtin_clzll(value_ns);
	if (exponent >= 40)
		return HIST_BUCKETS - 1;
	return ((exponent - HIST_SUB_BITS + 1) << HIST_SUB_BITS) +
	       (unsigned)(value_ns >> (exponent - HIST_SUB_BITS) & (SUB_BUCKETS - 1));
}

void hist_add(struct hist *hist, uint64_t value_ns)
{
	hist->count++;
	if (value_ns > hist->maximum)
		hist->maximum = value_ns;
	hist->bucket[bucket_of(value_ns)]++;
}

void hist_merge(struct hist *to, const struct hist *from)
{
	to->count += from->count;
	if (from->maximum > to->maximum)
		to->maximum = from->maximum;
	for (unsigned i = 0; i < HIST_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
}

uint64_t hist_bucket_low(unsigned i)
{
	if (i < SUB_BUCKETS)
		return i;
	return (uint64_t)(SUB_BUCKETS + i % SUB_BUCKETS) << (i / SUB_BUCKETS - 1);
}

/* How many of count values lie at or below fraction, at least one. */
static uint64_t rank_of(uint64_t count, double fraction)
{
	double exact = fraction * (double)count;
	uint64_t rank = (uint64_t)exact;

	/* 0.99 of 100 is the 99th value, however 0.99 is rounded. */
	if (exact - (double)rank > 1e-6)
		rank++;
	if (rank < 1)
		return 1;
	return rank < count ? rank : count;
}

uint64_t hist_percentile(const struct hist *hist, double fraction)
{
	uint64_t rank = rank_of(hist->count, fraction), seen = 0;

	if (hist->count == 0)
		return 0;
	for (unsigned i = 0; i + 1 < HIST_BUCKETS; i++) {
		seen += hist->bucket[i];
		if (seen >= rank) {
			uint64_t high = hist_bucket_low(i + 1) - 1;

			return high < hist->maximum ? high : hist->maximum;
		}
	}
	return hist->maximum;
}
