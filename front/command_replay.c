// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One case of a bundle again: the same id, so the same options; the same seed, so the same bytes in
 * the same order; and as long a time as it moved bytes then.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "front/session.h"
#include "lib/text.h"

enum { WHY_BYTES = 1024, NAMES_LIMIT = 4096 };

/* The worst of the rounds of a case: that is the one to see again. */
static const struct record *find_record(const struct bundle *bundle, const char *id)
{
	const struct record *worst = NULL;

	for (size_t i = 0; i < bundle->count; i++) {
		const struct record *record = &bundle->records[i];

		if (strcmp(record->case_id, id) == 0 &&
		    (!worst || record->verdict > worst->verdict))
			worst = record;
	}
	return worst;
}

static void say_unknown(const struct bundle *bundle, const char *id, char *why, size_t why_bytes)
{
	size_t count = bundle->count < NAMES_LIMIT ? bundle->count : NAMES_LIMIT;
	const char **names = calloc(count + 1, sizeof(*names));
	char nearest[3 * CASE_ID_BYTES] = "";

	for (size_t i = 0; names && i < count; i++)
		names[i] = bundle->records[i].case_id;
	if (names && count)
		text_nearest(id, names, (unsigned)count, nearest, sizeof(nearest));
	text_add(why, why_bytes, 0, "the bundle has no case \"%s\"%s%s%s", id,
		 nearest[0] ? " (did you mean " : "", nearest, nearest[0] ? "?)" : "");
	free(names);
}

/* Reads what is to be done again into *spec, and for how long it moved bytes then. */
static int read_case(const struct arguments *arguments, struct case_spec *spec, uint64_t *move_ns,
		     char *why, size_t why_bytes)
{
	const char *path = arguments->words[0], *id = arguments->words[1];
	const struct record *record;
	struct bundle bundle;
	int result = -1;

	if (bundle_read(&bundle, path, why, why_bytes))
		return -1;
	record = find_record(&bundle, id);
	if (!record) {
		say_unknown(&bundle, id, why, why_bytes);
	} else {
		*spec = (struct case_spec){.seed = record->seed, .round = record->round};
		*move_ns = record->duration_ns;
		result = case_parse(spec, id, why, why_bytes);
	}
	bundle_free(&bundle);
	return result;
}

static struct case_spec *repeat(const struct case_spec *spec, unsigned rounds)
{
	struct case_spec *cases = calloc(rounds, sizeof(*cases));

	if (!cases)
		abort();
	for (unsigned i = 0; i < rounds; i++) {
		cases[i] = *spec;
		cases[i].round = i + 1;
	}
	return cases;
}

static int replay(struct session *session, const struct case_spec *cases, size_t count)
{
	struct bundle bundle;
	int code;

	fprintf(session->say, "%s, seed %#" PRIx64 "\n", cases[0].id, cases[0].seed);
	if (!session_run(session, cases, count, &bundle))
		return session_code(session, NULL);
	code = session_code(session, &bundle);
	session_report(session, &bundle, code);
	bundle_free(&bundle);
	session_tell_interrupted(session, count);
	return code;
}

static int run_replay(const struct arguments *arguments)
{
	struct places places;
	struct session session;
	struct case_spec spec, *cases;
	uint64_t move_ns;
	char why[WHY_BYTES];
	int code;

	if (read_case(arguments, &spec, &move_ns, why, sizeof(why)) ||
	    places_choose(&places, arguments, why, sizeof(why))) {
		fprintf(stderr, "dirtypin: replay: %s\n", why);
		return CODE_USAGE;
	}
	if (arguments->dir && case_uses_file(&spec)) {
		spec.filesystem = places.filesystem[0];
		case_write_id(&spec);
	}
	session_prepare(&session, arguments, &places);
	session.seed = spec.seed;
	/* A case that never got to move bytes gets what the quick profile gives at most. */
	if (!arguments->duration_ns && move_ns) {
		session.pace.budget_ns = 0;
		session.pace.maximum_ns = move_ns;
	}
	cases = repeat(&spec, arguments->rounds);
	code = replay(&session, cases, arguments->rounds);
	free(cases);
	return code;
}

const struct command command_replay = {
	.name = "replay",
	.words = "BUNDLE CASE-ID",
	.summary = "one case of a bundle again, with the same seed and options",
	.details = "If the case ran in several rounds, the one with the worst verdict is repeated. "
		   "With --dir the case moves to the file system of DIR.",
	.options = "dir duration rounds label out scratch json no-color verbose",
	.minimum_words = 2,
	.maximum_words = 2,
	.run = run_replay,
};
