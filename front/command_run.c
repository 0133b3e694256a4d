// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The main job: a plan, its cases one after the other, the table of verdicts, the bundle.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>

#include "front/documents.h"
#include "front/session.h"
#include "front/values.h"
#include "lib/run.h"

enum { WHY_BYTES = 1024, DURATION_BYTES = 32 };

static int make_plan(struct plan *plan, const struct arguments *arguments,
		     const struct places *places, uint64_t seed, char *why, size_t why_bytes)
{
	enum profile profile = (enum profile)arguments->profile;
	struct plan_request request = {
		/* Soaking is one covering array after the other. */
		.profile = profile == PROFILE_SOAK ? PROFILE_QUICK : profile,
		.seed = seed,
		.rounds = arguments->rounds,
		.filesystems = places->count,
		.globs = arguments->words,
		.glob_count = arguments->word_count,
		.excludes = (const char *const *)arguments->exclude.item,
		.exclude_count = arguments->exclude.count,
		.named = arguments->word_count > 0 && !arguments_given(arguments, "profile"),
	};

	memcpy(request.filesystem, places->filesystem, sizeof(request.filesystem));
	return plan_make(plan, &request, why, why_bytes);
}

static void print_plan(const struct session *session, const struct plan *plan)
{
	uint64_t estimate_ns = pace_estimate_ns(&session->pace, plan->count);
	char duration[DURATION_BYTES];

	if (session->arguments->json) {
		document_plan(stdout, plan, session->seed,
			      profile_words[session->arguments->profile], estimate_ns);
		return;
	}
	for (size_t i = 0; i < plan->count; i++)
		printf("%s seed=%#" PRIx64 "\n", plan->cases[i].id, plan->cases[i].seed);
	value_write_duration(estimate_ns, duration, sizeof(duration));
	fprintf(stderr, "%zu case%s, about %s; --seed %#" PRIx64 " gives this plan again\n",
		plan->count, plan->count == 1 ? "" : "s", duration, session->seed);
}

static void announce(const struct session *session, const struct plan *plan)
{
	char duration[DURATION_BYTES], notice[WHY_BYTES];
	struct utsname kernel;

	uname(&kernel);
	if (places_notice(session->places, notice, sizeof(notice)))
		fprintf(session->say, "%s\n", notice);
	value_write_duration(pace_estimate_ns(&session->pace, plan->count), duration,
			     sizeof(duration));
	fprintf(session->say, "dirtypin %s on %s, seed %#" PRIx64 ": %zu case%s, about %s\n",
		DIRTYPIN_VERSION, kernel.release, session->seed, plan->count,
		plan->count == 1 ? "" : "s", duration);
}

/* Soaking: the next plan has another seed, and its rounds are counted on. */
static int next_plan(struct session *session, struct plan *plan, unsigned lap)
{
	uint64_t seed = random_seeded(session->seed, lap) & SESSION_SEED_MASK;

	plan_free(plan);
	if (make_plan(plan, session->arguments, session->places, seed, session->why,
		      sizeof(session->why)))
		return -1;
	for (size_t i = 0; i < plan->count; i++)
		plan->cases[i].round += lap * session->arguments->rounds;
	session->progress.total += plan->count;
	return 0;
}

static bool run_laps(struct session *session, struct plan *plan)
{
	if (session_open(session, plan->cases, plan->count) ||
	    session_cases(session, plan->cases, plan->count))
		return false;
	for (unsigned lap = 1; session->pace.again; lap++) {
		if (pace_over(&session->pace, clock_ns()))
			break;
		if (next_plan(session, plan, lap) ||
		    session_cases(session, plan->cases, plan->count))
			return false;
	}
	return true;
}

static int run_plan(struct session *session, struct plan *plan)
{
	struct bundle bundle;
	int code;

	announce(session, plan);
	if (!session_end(session, run_laps(session, plan), &bundle))
		return session_code(session, NULL);
	code = session_code(session, &bundle);
	session_report(session, &bundle, code);
	bundle_free(&bundle);
	session_tell_interrupted(session, session->progress.total);
	return code;
}

static int run_run(const struct arguments *arguments)
{
	struct session session;
	struct places places;
	struct plan plan = {0};
	char why[WHY_BYTES];
	int code = CODE_PASSED;

	if (places_choose(&places, arguments, why, sizeof(why))) {
		fprintf(stderr, "dirtypin: run: %s\n", why);
		return CODE_USAGE;
	}
	session_prepare(&session, arguments, &places);
	if (make_plan(&plan, arguments, &places, session.seed, why, sizeof(why))) {
		fprintf(stderr, "dirtypin: run: %s\n", why);
		return CODE_USAGE;
	}
	if (arguments->dry_run)
		print_plan(&session, &plan);
	else
		code = run_plan(&session, &plan);
	plan_free(&plan);
	return code;
}

const struct command command_run = {
	.name = "run",
	.words = "[GLOB...]",
	.summary = "runs the cases whose id matches, or else those of the profile",
	.details =
		"A case id reads WORKLOAD/BACKING/STRESSOR@FILESYSTEM[:OPTION=VALUE,...]; ./run.sh "
		"list names the parts. A GLOB is such an id, or a pattern over ids: '*@ext4', "
		"'odirect/*/sync_storm@*'. A pattern without ':' matches whatever the options are. "
		"With a GLOB every valid case that matches runs; with --profile as well, only "
		"those "
		"of the profile.\n\n"
		"As root, each file system is made on an image in --scratch and mounted; whatever "
		"is "
		"changed of the machine is journalled first and restored at the end, on SIGINT and "
		"SIGTERM, and by the next run after a crash. With --dir, and without root, nothing "
		"of "
		"the machine is changed.",
	.options = "fs dir profile duration rounds seed label out exclude scratch dry-run json "
		   "no-color verbose",
	.maximum_words = ANY_WORDS,
	.run = run_run,
};
