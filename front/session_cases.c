// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loop over the cases of a session. A case that lacks something here is recorded with the
 * reason and never forked; each of the others is in the bundle as "never finished" before it
 * starts, so that a panic leaves the truth on the disk.
 */
#include <errno.h>
#include <string.h>

#include "front/session.h"
#include "lib/run.h"
#include "lib/text.h"

/* The reason for which a case cannot run here, or an empty text. */
static void missing_for(struct session *session, const struct case_spec *spec, char *why,
			size_t bytes)
{
	struct mount *mount;

	if (case_missing(spec, why, bytes))
		return;
	why[0] = '\0';
	if (!case_uses_file(spec))
		return;
	mount = scratch_find(&session->scratch, spec->filesystem);
	if (mount && !mount->missing[0])
		return;
	if (mount)
		text_add(why, bytes, 0, "%s could not be made: %s", spec->filesystem->name,
			 mount->missing);
	else
		text_add(why, bytes, 0,
			 "%s is not the file system of %s (try: as root without --dir, or --dir on "
			 "a %s)",
			 spec->filesystem->name, session->places->directory,
			 spec->filesystem->name);
}

static int write_failed(struct session *session)
{
	snprintf(session->why, sizeof(session->why), "the bundle %s cannot be written: %s",
		 session->writer.temporary, strerror(errno));
	return -1;
}

static int skip_case(struct session *session, const struct case_spec *spec, const char *reason)
{
	struct case_result *result = session->result;

	memset(result, 0, sizeof(*result));
	result->verdict = VERDICT_SKIP;
	text_add(result->reason, sizeof(result->reason), 0, "%s", reason);
	if (bundle_case_ended(&session->writer, spec, result, NULL))
		return write_failed(session);
	progress_ended(&session->progress, spec, result);
	session->ended++;
	return 0;
}

static int run_case(struct session *session, const struct case_spec *spec, size_t cases_left)
{
	struct kmsg_lines lines = {0};
	uint64_t start_ns = clock_ns();

	if (bundle_case_started(&session->writer, spec))
		return write_failed(session);
	session->runner.move_ns = pace_move_ns(&session->pace, start_ns, cases_left);
	if (runner_case(&session->runner, spec, session->result, &lines)) {
		text_add(session->interrupted, sizeof(session->interrupted), 0, "%s", spec->id);
		return -1;
	}
	pace_ran(&session->pace, clock_ns() - start_ns, session->runner.move_ns);
	if (bundle_case_ended(&session->writer, spec, session->result, &lines))
		return write_failed(session);
	progress_ended(&session->progress, spec, session->result);
	session->ended++;
	return 0;
}

int session_cases(struct session *session, const struct case_spec *cases, size_t count)
{
	char why[REASON_BYTES];

	for (size_t i = 0; i < count; i++) {
		if (runner_interrupted())
			return -1;
		/* Soaking ends where its time does; a plan that is cut short says what it left out.
		 */
		if (pace_over(&session->pace, clock_ns())) {
			if (session->pace.again)
				return 0;
			if (skip_case(session, &cases[i],
				      "the time was up before this case began (try: a longer "
				      "--duration)"))
				return -1;
			continue;
		}
		progress_case(&session->progress, &cases[i]);
		missing_for(session, &cases[i], why, sizeof(why));
		if (why[0] ? skip_case(session, &cases[i], why)
			   : run_case(session, &cases[i], count - i))
			return -1;
	}
	return 0;
}
