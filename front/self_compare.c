// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Comparing by turns. Machines drift (clocks, caches, neighbours), so two sides are never measured
 * one after the other but in alternating order, and the ratio of two medians is what counts.
 */
#include "front/self.h"

#include <stdlib.h>
#include <string.h>

struct series {
	double rate[SELF_ROUNDS], cpu_ns[SELF_ROUNDS];
	unsigned count;
	char why[SELF_WHY_BYTES]; /* it failed: no more turns */
};

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double median(const double *values, unsigned count)
{
	double sorted[SELF_ROUNDS];

	if (!count)
		return 0;
	memcpy(sorted, values, count * sizeof(*values));
	qsort(sorted, count, sizeof(*sorted), by_value);
	return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

static void take_turn(struct self *self, const struct self_side *side, struct series *series)
{
	struct self_sample sample = {0};
	int result;

	if (series->why[0] || runner_interrupted())
		return;
	result = side->run(self, side, &sample, series->why, sizeof(series->why));
	self->broken |= result < 0;
	if (result)
		return;
	series->rate[series->count] = sample.rate;
	series->cpu_ns[series->count] = sample.cpu_ns;
	series->count++;
}

static void add_row(struct self *self, const char *group, const struct self_side *side,
		    const struct series *series, bool cpu)
{
	const double *values = cpu ? series->cpu_ns : series->rate;
	struct self_row *row = self_row_add(self, group, side->name, cpu ? "ns" : side->unit);

	if (cpu)
		snprintf(row->name, sizeof(row->name), "%s, CPU per op", side->name);
	row->value = median(values, series->count);
	row->samples = series->count;
	memcpy(row->sample, values, series->count * sizeof(*values));
	row->aim = cpu ? 0 : side->aim;
	memcpy(row->why, series->why, sizeof(row->why));
}

static void add_aim(struct self *self, const char *group, const struct self_side *sides,
		    const struct series *series, const struct self_aim *aim)
{
	const struct series *ours = &series[0], *other = &series[aim->against];
	struct self_row *row;

	/* The sides' own rows say why there is nothing to compare. */
	if (!ours->count || !other->count)
		return;
	row = self_row_add(self, group, "", "ratio");
	snprintf(row->name, sizeof(row->name), "%s to %s%s", sides[0].name,
		 sides[aim->against].name, aim->cpu ? ", CPU per op" : "");
	row->value =
		aim->cpu ? median(ours->cpu_ns, ours->count) / median(other->cpu_ns, other->count)
			 : median(ours->rate, ours->count) / median(other->rate, other->count);
	row->aim = aim->limit;
	row->at_most = aim->cpu;
}

void self_compare(struct self *self, const char *group, const struct self_side *sides,
		  unsigned count, const struct self_aim *aims, unsigned aim_count)
{
	struct series series[SELF_SIDES] = {0};

	if (runner_interrupted())
		return;
	fprintf(self->say, "measuring: %s\n", group);
	for (unsigned round = 0; round < SELF_ROUNDS; round++) {
		for (unsigned i = 0; i < count; i++) {
			unsigned turn = round % 2 ? count - 1 - i : i;

			take_turn(self, &sides[turn], &series[turn]);
		}
	}
	if (runner_interrupted())
		return;
	for (unsigned i = 0; i < count; i++)
		add_row(self, group, &sides[i], &series[i], false);
	for (unsigned i = 0; i < count; i++) {
		if (series[i].count && series[i].cpu_ns[0] > 0)
			add_row(self, group, &sides[i], &series[i], true);
	}
	for (unsigned i = 0; i < aim_count; i++)
		add_aim(self, group, sides, series, &aims[i]);
}
