// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reproducers: known kernel changes as cases whose options are fixed, judged like any other, and
 * then held against the versions that should show them.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "front/documents.h"
#include "front/repro_answer.h"
#include "lib/text.h"

enum { WHY_BYTES = 1024, NAMES_LIMIT = 256 };

static int add(struct questions *questions, const struct reproducer *reproducer,
	       const struct filesystem *filesystem, uint64_t seed, char *why, size_t why_bytes)
{
	struct case_spec spec = {.seed = seed, .round = 1};

	if (case_parse(&spec, reproducer->case_id, why, why_bytes))
		return -1;
	if (filesystem && case_uses_file(&spec)) {
		spec.filesystem = filesystem;
		case_write_id(&spec);
	}
	questions->item =
		realloc(questions->item, (questions->count + 1) * sizeof(*questions->item));
	if (!questions->item)
		abort();
	questions->item[questions->count++] = (struct question){reproducer, spec};
	return 0;
}

static void say_unknown(const char *name, char *why, size_t why_bytes)
{
	const char *names[NAMES_LIMIT];
	unsigned count = 0;
	char nearest[256];

	for_each_table (node, TABLE_REPRODUCER) {
		if (count < NAMES_LIMIT)
			names[count++] = node->name;
	}
	text_nearest(name, names, count, nearest, sizeof(nearest));
	text_add(why, why_bytes, 0, "there is no reproducer \"%s\" (did you mean %s?)", name,
		 nearest);
}

/* On its own file system, or on each of those that were asked for. */
static int add_everywhere(struct questions *questions, const struct reproducer *reproducer,
			  const struct session *session, char *why, size_t why_bytes)
{
	const struct places *places = session->places;

	if (session->arguments->dir)
		return add(questions, reproducer, places->filesystem[0], session->seed, why,
			   why_bytes);
	if (!arguments_given(session->arguments, "fs"))
		return add(questions, reproducer, NULL, session->seed, why, why_bytes);
	for (unsigned i = 0; i < places->count; i++) {
		if (places->filesystem[i]->kernel_type &&
		    add(questions, reproducer, places->filesystem[i], session->seed, why,
			why_bytes))
			return -1;
	}
	return 0;
}

static int collect(struct questions *questions, const struct session *session, char *why,
		   size_t why_bytes)
{
	const struct arguments *arguments = session->arguments;

	for (unsigned i = 0; i < arguments->word_count; i++) {
		const struct reproducer *reproducer = reproducer_find(arguments->words[i]);

		if (!reproducer) {
			say_unknown(arguments->words[i], why, why_bytes);
			return -1;
		}
		if (add_everywhere(questions, reproducer, session, why, why_bytes))
			return -1;
	}
	if (arguments->word_count)
		return 0;
	for_each_table (node, TABLE_REPRODUCER) {
		if (add_everywhere(questions, TABLE_OF(node, reproducer), session, why, why_bytes))
			return -1;
	}
	return 0;
}

static struct plan plan_of(const struct questions *questions, unsigned rounds)
{
	struct plan plan = {.count = questions->count * rounds};

	plan.cases = calloc(plan.count + 1, sizeof(*plan.cases));
	if (!plan.cases)
		abort();
	for (size_t i = 0; i < plan.count; i++) {
		plan.cases[i] = questions->item[i % questions->count].spec;
		plan.cases[i].round = (unsigned)(i / questions->count) + 1;
	}
	return plan;
}

static void print_plan(const struct session *session, const struct questions *questions,
		       const struct plan *plan)
{
	if (session->arguments->json) {
		document_plan(stdout, plan, session->seed, "repro",
			      pace_estimate_ns(&session->pace, plan->count));
		return;
	}
	for (size_t i = 0; questions->count && i < plan->count; i++)
		printf("%s %s\n", questions->item[i % questions->count].reproducer->name,
		       plan->cases[i].id);
}

static int ask(struct session *session, const struct questions *questions, const struct plan *plan)
{
	struct bundle bundle;
	int code = CODE_BROKEN;

	fprintf(session->say, "%zu reproducer%s, seed %#" PRIx64 "\n", plan->count,
		plan->count == 1 ? "" : "s", session->seed);
	if (session_run(session, plan->cases, plan->count, &bundle)) {
		code = session_code(session, &bundle);
		repro_tell(session, questions, &bundle, code);
		bundle_free(&bundle);
	} else {
		code = session_code(session, NULL);
	}
	session_tell_interrupted(session, plan->count);
	return code;
}

static int run_repro(const struct arguments *arguments)
{
	struct places places;
	struct session session;
	struct questions questions = {0};
	struct plan plan;
	char why[WHY_BYTES];
	int code = CODE_PASSED;

	if (places_choose(&places, arguments, why, sizeof(why))) {
		fprintf(stderr, "dirtypin: repro: %s\n", why);
		return CODE_USAGE;
	}
	session_prepare(&session, arguments, &places);
	if (collect(&questions, &session, why, sizeof(why))) {
		fprintf(stderr, "dirtypin: repro: %s\n", why);
		free(questions.item);
		return CODE_USAGE;
	}
	plan = plan_of(&questions, arguments->rounds);
	if (arguments->dry_run)
		print_plan(&session, &questions, &plan);
	else
		code = ask(&session, &questions, &plan);
	plan_free(&plan);
	free(questions.item);
	return code;
}

const struct command command_repro = {
	.name = "repro",
	.words = "[NAME...]",
	.summary =
		"known kernel changes, each as one case: reproduced or not, and whether that was "
		"expected",
	.details =
		"Without a NAME all of them run. A case that fails has reproduced its bug: exit "
		"code "
		"1. What is expected follows from the kernel's version: \"as expected\", \"fixed "
		"earlier than expected\" (a distribution may have taken the fix back), \"still "
		"bad\" (at or after the version that should have it fixed), or \"new\".\n\n"
		"Each runs on the file system that its case names, or with --fs on each of those, "
		"or "
		"with --dir on that of DIR.",
	.options = "fs dir duration rounds seed label out scratch dry-run json no-color verbose",
	.maximum_words = ANY_WORDS,
	.run = run_repro,
};
