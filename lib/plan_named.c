// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The plan of what was asked for by name: an id is exactly its case, a glob every valid case of the
 * product, both ways, that it matches. Options that stand behind a glob's ':' without a wildcard
 * are given to all of them: "uring_*@none:depth=32".
 */
#include "lib/plan_work.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

enum { REASON_LIMIT = 256 };

static bool is_glob(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

static int add_id(struct plan_work *work, const char *id)
{
	struct case_spec spec = {.seed = 0};
	char reason[REASON_LIMIT];

	if (case_parse(&spec, id, work->why, work->why_bytes) < 0)
		return -1;
	if (!case_valid(&spec, reason, sizeof(reason))) {
		text_add(work->why, work->why_bytes, 0, "%s makes no sense: %s", spec.id, reason);
		return -1;
	}
	return plan_add(work, &spec) < 0 ? -1 : 0;
}

/* A glob taken apart: what ids must match, and the options for all that do. */
struct named_glob {
	const char *whole;
	char pattern[CASE_ID_BYTES];
	const char *options; /* or NULL */
	size_t matches, added;
	char reason[REASON_LIMIT]; /* why the first one that matched is not valid */
};

static void take_apart(struct named_glob *glob, const char *text)
{
	const char *colon = strchr(text, ':');

	*glob = (struct named_glob){.whole = text};
	if (colon && !is_glob(colon)) {
		glob->options = colon + 1;
		text_add(glob->pattern, sizeof(glob->pattern), 0, "%.*s", (int)(colon - text),
			 text);
	} else {
		text_add(glob->pattern, sizeof(glob->pattern), 0, "%s", text);
	}
}

/* Adds spec if it matches and makes sense. */
static int try_case(struct plan_work *work, struct named_glob *glob, struct case_spec *spec)
{
	char reason[REASON_LIMIT] = "";

	case_write_id(spec);
	if (!case_glob(glob->pattern, spec->id))
		return 0;
	if ((!glob->options ||
	     case_set_options(spec, glob->options, reason, sizeof(reason)) == 0) &&
	    case_valid(spec, reason, sizeof(reason))) {
		glob->added++;
		return plan_add(work, spec) < 0 ? -1 : 0;
	}
	if (!glob->matches++)
		text_add(glob->reason, sizeof(glob->reason), 0, "%s: %s", spec->id, reason);
	return 0;
}

static int say_nothing_matches(struct plan_work *work, const struct named_glob *glob)
{
	const struct product *product = &work->product;
	size_t at;

	if (glob->matches) {
		text_add(work->why, work->why_bytes, 0,
			 "no case that matches '%s' makes sense; the first is %s", glob->whole,
			 glob->reason);
		return -1;
	}
	at = text_add(work->why, work->why_bytes, 0,
		      "no case matches '%s' (try: ./run.sh list; the file systems of this run are",
		      glob->whole);
	for (unsigned i = 0; i < product->levels[FACTOR_FILESYSTEM]; i++) {
		const struct filesystem *filesystem = product->part[FACTOR_FILESYSTEM][i];

		at = text_add(work->why, work->why_bytes, at, "%s %s", i ? "," : "",
			      filesystem->name);
	}
	text_add(work->why, work->why_bytes, at, ")");
	return -1;
}

static int add_glob(struct plan_work *work, const char *text)
{
	unsigned levels[FACTORS];
	uint8_t row[FACTORS] = {0};
	struct named_glob glob;
	struct case_spec spec;
	bool empty = false;

	take_apart(&glob, text);
	memcpy(levels, work->product.levels, sizeof(levels));
	levels[FACTOR_BLOCK] = 1;
	for (unsigned i = 0; i < FACTORS; i++)
		empty |= !levels[i];
	if (!empty) {
		do {
			if (product_case(&work->product, row, &spec) &&
			    try_case(work, &glob, &spec) < 0)
				return -1;
		} while (product_next(levels, row));
	}
	return glob.added ? 0 : say_nothing_matches(work, &glob);
}

/* --- a case that several globs match is planned once, where it stands first --- */

static int by_id(const void *a, const void *b)
{
	const struct case_spec *first = *(const struct case_spec *const *)a;
	const struct case_spec *second = *(const struct case_spec *const *)b;
	int order = strcmp(first->id, second->id);

	return order ? order : (first > second) - (first < second);
}

static int drop_repeats(struct plan_work *work)
{
	struct plan *plan = work->plan;
	struct case_spec **sorted = calloc(plan->count + 1, sizeof(struct case_spec *));
	size_t kept = 0;

	if (!sorted) {
		text_add(work->why, work->why_bytes, 0, "no memory for the plan");
		return -1;
	}
	for (size_t i = 0; i < plan->count; i++)
		sorted[i] = &plan->cases[i];
	qsort(sorted, plan->count, sizeof(struct case_spec *), by_id);
	/* A repeat has round 0 from here on, all others 1. */
	for (size_t i = 0; i < plan->count; i++)
		sorted[i]->round = i == 0 || strcmp(sorted[i]->id, sorted[i - 1]->id) != 0;
	free(sorted);
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->cases[i].round)
			plan->cases[kept++] = plan->cases[i];
	}
	plan->count = kept;
	return 0;
}

int plan_named(struct plan_work *work)
{
	const struct plan_request *request = work->request;

	for (unsigned i = 0; i < request->glob_count; i++) {
		const char *text = request->globs[i];

		if ((is_glob(text) ? add_glob(work, text) : add_id(work, text)) < 0)
			return -1;
	}
	return drop_repeats(work);
}
