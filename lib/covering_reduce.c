// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reducing half: it takes the row away that fewest pairs depend on, and repairs what that left
 * open by changing other rows, the cheapest change first, worse ones too. If nothing is open after
 * a limited number of steps, the array is one row shorter; otherwise it is put back as it was. A
 * row that changed rests for some steps, so that the search does not undo itself (a short tabu
 * list). On the suite's own tables this turns 160 rows into about 150, each of them a second of
 * every quick run.
 */
#include "lib/covering_work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/run.h"

enum {
	PAIRS_PER_ROW = COVERING_FACTORS * (COVERING_FACTORS - 1) / 2,
	FAILURES_LIMIT = 8, /* rows in a row that could not be taken away */
	STEPS_LIMIT = 400,
	REPAIRS_LIMIT = 6,
	REST_STEPS = 4,
};

struct search {
	struct covering_work *work;
	uint8_t (*rows)[COVERING_FACTORS];
	size_t count;
	uint32_t *rested; /* per row: the step from which it may change again */
	size_t open;      /* valid pairs that no row has */
	uint64_t random;
};

static uint32_t below(struct search *search, size_t limit)
{
	return (random_next(&search->random) >> 32) * limit >> 32;
}

static void add_row(struct search *search, const uint8_t *row)
{
	uint32_t pairs[PAIRS_PER_ROW];

	covering_pairs_of(search->work, row, pairs);
	for (unsigned k = 0; k < search->work->pairs_per_row; k++)
		search->open -= search->work->covered[pairs[k]]++ == 0;
}

static void remove_row(struct search *search, const uint8_t *row)
{
	uint32_t pairs[PAIRS_PER_ROW];

	covering_pairs_of(search->work, row, pairs);
	for (unsigned k = 0; k < search->work->pairs_per_row; k++)
		search->open += --search->work->covered[pairs[k]] == 0;
}

/* How many pairs only this row has. */
static unsigned dependents(const struct search *search, const uint8_t *row)
{
	uint32_t pairs[PAIRS_PER_ROW];
	unsigned count = 0;

	covering_pairs_of(search->work, row, pairs);
	for (unsigned k = 0; k < search->work->pairs_per_row; k++)
		count += search->work->covered[pairs[k]] == 1;
	return count;
}

/* How many more pairs are open once from has become to. */
static int cost(const struct search *search, const uint8_t *from, const uint8_t *to)
{
	const uint16_t *covered = search->work->covered;
	uint32_t old[PAIRS_PER_ROW], new[PAIRS_PER_ROW];
	int more = 0;

	covering_pairs_of(search->work, from, old);
	covering_pairs_of(search->work, to, new);
	for (unsigned k = 0; k < search->work->pairs_per_row; k++) {
		if (old[k] != new[k])
			more += (covered[old[k]] == 1) - (covered[new[k]] == 0);
	}
	return more;
}

/* An open pair: two factors and their levels. */
struct open_pair {
	unsigned factor[2];
	uint8_t level[2];
};

static struct open_pair find_open(struct search *search)
{
	const struct covering_work *work = search->work;
	const struct covering_problem *problem = work->problem;
	uint32_t pair = below(search, work->pair_numbers);
	unsigned k = 0;

	while (work->covered[pair] || !work->pair_valid[pair])
		pair = pair + 1 < work->pair_numbers ? pair + 1 : 0;
	for (unsigned i = 0; i < problem->factors; i++) {
		for (unsigned j = i + 1; j < problem->factors; j++, k++) {
			uint32_t in = pair - work->first[k], levels = problem->levels[j];

			if (pair >= work->first[k] && in < problem->levels[i] * levels)
				return (struct open_pair){{i, j}, {in / levels, in % levels}};
		}
	}
	abort(); /* the two factors' numbers cover all pairs */
}

static bool is_valid(const struct search *search, const uint8_t *row)
{
	return search->work->is_valid[covering_number_of(search->work->problem, row)];
}

/* Gives row the pair, and where that makes no sense, tries other levels of a third factor. */
static bool give(struct search *search, const struct open_pair *pair, uint8_t *row)
{
	const struct covering_problem *problem = search->work->problem;

	row[pair->factor[0]] = pair->level[0];
	row[pair->factor[1]] = pair->level[1];
	for (unsigned i = 0; !is_valid(search, row); i++) {
		unsigned third = below(search, problem->factors);

		if (i == REPAIRS_LIMIT)
			return false;
		if (third != pair->factor[0] && third != pair->factor[1])
			row[third] = below(search, problem->levels[third]);
	}
	return true;
}

/* Changes the row that can take an open pair at the lowest cost. */
static void step(struct search *search, uint32_t now)
{
	struct open_pair pair = find_open(search);
	uint8_t best_row[COVERING_FACTORS], row[COVERING_FACTORS];
	size_t best = 0, start = below(search, search->count);
	int best_cost = INT32_MAX;

	for (size_t i = 0; i < search->count; i++) {
		size_t at = (start + i) % search->count;
		int more;

		memcpy(row, search->rows[at], sizeof(row));
		if (search->rested[at] > now || !give(search, &pair, row))
			continue;
		more = cost(search, search->rows[at], row);
		if (more < best_cost) {
			best_cost = more;
			best = at;
			memcpy(best_row, row, sizeof(row));
		}
	}
	if (best_cost == INT32_MAX)
		return;
	remove_row(search, search->rows[best]);
	memcpy(search->rows[best], best_row, sizeof(best_row));
	add_row(search, search->rows[best]);
	search->rested[best] = now + 1 + REST_STEPS;
}

/* The row that fewest pairs depend on; from a random one on, so that ties fall differently. */
static size_t weakest(struct search *search)
{
	size_t start = below(search, search->count), weak = start;
	unsigned least = UINT32_MAX;

	for (size_t i = 0; i < search->count; i++) {
		size_t at = (start + i) % search->count;
		unsigned count = dependents(search, search->rows[at]);

		if (count < least) {
			least = count;
			weak = at;
		}
	}
	return weak;
}

/* Tries to do with one row less; saved has the rows as they were. */
static bool shorten(struct search *search, uint8_t (*saved)[COVERING_FACTORS])
{
	size_t weak = weakest(search), count = search->count;

	memcpy(saved, search->rows, count * sizeof(*saved));
	memset(search->rested, 0, count * sizeof(*search->rested));
	remove_row(search, search->rows[weak]);
	memcpy(search->rows[weak], search->rows[count - 1], sizeof(*saved));
	search->count--;
	for (uint32_t now = 0; search->open && now < STEPS_LIMIT; now++)
		step(search, now);
	if (!search->open)
		return true;
	for (size_t i = 0; i < search->count; i++)
		remove_row(search, search->rows[i]);
	for (size_t i = 0; i < count; i++)
		add_row(search, saved[i]);
	memcpy(search->rows, saved, count * sizeof(*saved));
	search->count = count;
	return false;
}

int covering_reduce(struct covering_work *work, struct covering *covering)
{
	struct search search = {.work = work,
				.rows = covering->rows,
				.count = covering->count,
				.random = random_seeded(work->problem->seed, 1)};
	uint8_t(*saved)[COVERING_FACTORS] = calloc(covering->count + 1, sizeof(*saved));

	unsigned failures = 0;
	bool memory;

	search.rested = calloc(covering->count + 1, sizeof(*search.rested));
	memory = saved && search.rested;
	while (memory && failures < FAILURES_LIMIT && search.count > covering->bound)
		failures = shorten(&search, saved) ? 0 : failures + 1;
	covering->count = search.count;
	free(search.rested);
	free(saved);
	return memory ? 0 : -ENOMEM;
}
