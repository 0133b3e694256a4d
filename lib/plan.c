// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making plans. A plan is a function of the tables, the request and its seed: the same ones give
 * the same cases, in the same order, with the same seeds, on every machine that has the same parts.
 */
#include "lib/plan.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lib/plan_work.h"
#include "lib/run.h"
#include "lib/text.h"

bool case_glob(const char *glob, const char *id)
{
	char text[CASE_ID_BYTES] = "";
	size_t length = strchr(glob, ':') ? strlen(id) : strcspn(id, ":");

	text_add(text, sizeof(text), 0, "%.*s", (int)length, id);
	return fnmatch(glob, text, 0) == 0;
}

/* Whether a filter of the profile lets the case through; every glob that matches is noted. */
static bool is_wanted(struct plan_work *work, const char *id)
{
	const struct plan_request *request = work->request;
	bool wanted = request->named || !request->glob_count;

	for (unsigned i = 0; !request->named && i < request->glob_count; i++) {
		if (!case_glob(request->globs[i], id))
			continue;
		work->glob_used[i] = true;
		wanted = true;
	}
	for (unsigned i = 0; i < request->exclude_count; i++)
		wanted &= !case_glob(request->excludes[i], id);
	return wanted;
}

static int say_no_memory(struct plan_work *work)
{
	text_add(work->why, work->why_bytes, 0, "no memory for a plan of %zu cases",
		 work->plan->count);
	return -1;
}

int plan_add(struct plan_work *work, const struct case_spec *spec)
{
	struct plan *plan = work->plan;

	if (!is_wanted(work, spec->id))
		return 0;
	if (plan->count == work->capacity) {
		size_t capacity = work->capacity ? 2 * work->capacity : 256;
		struct case_spec *cases = reallocarray(plan->cases, capacity, sizeof(*cases));

		if (!cases)
			return say_no_memory(work);
		plan->cases = cases;
		work->capacity = capacity;
	}
	plan->cases[plan->count++] = *spec;
	return 1;
}

static int plan_all(struct plan_work *work)
{
	uint8_t row[FACTORS] = {0};
	struct case_spec spec;

	for (unsigned i = 0; i < FACTORS; i++) {
		if (!work->product.levels[i])
			return 0;
	}
	do {
		if (!product_case(&work->product, row, &spec) || !case_valid(&spec, NULL, 0))
			continue;
		case_write_id(&spec);
		if (plan_add(work, &spec) < 0)
			return -1;
	} while (product_next(work->product.levels, row));
	return 0;
}

/* Whether something is left, and every glob of a filter had its case. */
static int check_filters(struct plan_work *work)
{
	const struct plan_request *request = work->request;

	for (unsigned i = 0; !request->named && i < request->glob_count; i++) {
		if (work->glob_used[i])
			continue;
		text_add(work->why, work->why_bytes, 0,
			 "no case of this profile matches '%s' (try: ./run.sh list, or the run "
			 "command, which plans every case that matches)",
			 request->globs[i]);
		return -1;
	}
	if (work->plan->count)
		return 0;
	text_add(work->why, work->why_bytes, 0, "%s",
		 request->exclude_count ? "the excludes leave no case to run"
					: "there is no case to run: no tables make one together");
	return -1;
}

static void shuffle(struct case_spec *cases, size_t count, uint64_t random)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = random_next(&random) % i;
		struct case_spec spec = cases[i - 1];

		cases[i - 1] = cases[j];
		cases[j] = spec;
	}
}

/* 53 bits: what every reader of JSON keeps. */
static uint64_t case_seed(uint64_t seed, const struct case_spec *spec)
{
	uint64_t hash =
		XXH3_64bits_withSeed(spec->id, strlen(spec->id), random_seeded(seed, spec->round));

	hash >>= 11;
	return hash ? hash : 1;
}

/* Repeats the cases for each round. A profile is shuffled, each round in its own way, so that a run
 * that is interrupted has seen a bit of everything; what was named stays in its order. */
static int add_rounds(struct plan_work *work)
{
	const struct plan_request *request = work->request;
	unsigned rounds = request->rounds ? request->rounds : 1;
	struct plan *plan = work->plan;
	size_t count = plan->count, total;
	struct case_spec *cases = NULL;

	if (!__builtin_mul_overflow(count, rounds, &total))
		cases = reallocarray(plan->cases, total, sizeof(*cases));
	if (!cases)
		return say_no_memory(work);
	plan->cases = cases;
	plan->count = total;
	for (unsigned round = 1; round <= rounds; round++) {
		struct case_spec *first = cases + (round - 1) * count;

		if (round > 1)
			memcpy(first, cases, count * sizeof(*cases));
		for (size_t i = 0; i < count; i++) {
			first[i].round = round;
			first[i].seed = case_seed(request->seed, &first[i]);
		}
	}
	for (unsigned round = 1; !request->named && round <= rounds; round++)
		shuffle(cases + (round - 1) * count, count,
			random_seeded(request->seed, UINT64_C(1) << 32 | round));
	return 0;
}

static int make(struct plan_work *work)
{
	const struct plan_request *request = work->request;
	int result;

	work->glob_used = calloc(request->glob_count + 1, sizeof(bool));
	if (!work->glob_used)
		return say_no_memory(work);
	if (product_make(&work->product, request, work->why, work->why_bytes) < 0)
		return -1;
	if (request->named)
		result = plan_named(work);
	else if (request->profile == PROFILE_QUICK)
		result = plan_quick(work);
	else
		result = plan_all(work);
	if (result < 0 || check_filters(work) < 0)
		return -1;
	return add_rounds(work);
}

int plan_make(struct plan *plan, const struct plan_request *request, char *why, size_t why_bytes)
{
	struct plan_work work = {
		.plan = plan, .request = request, .why = why, .why_bytes = why_bytes};
	int result;

	*plan = (struct plan){0};
	result = make(&work);
	free(work.glob_used);
	if (result < 0)
		plan_free(plan);
	return result;
}

void plan_free(struct plan *plan)
{
	free(plan->cases);
	*plan = (struct plan){0};
}
