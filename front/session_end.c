// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The end of a session: what is told, and with which code the program exits.
 */
#include <errno.h>
#include <string.h>

#include "front/documents.h"
#include "front/session.h"

enum { REPORT_COLUMNS = 100, PATH_LIMIT = 1024 };

static bool complain(struct session *session)
{
	fprintf(stderr, "dirtypin: %s\n", session->why);
	session->broken = true;
	return false;
}

bool session_end(struct session *session, bool done, struct bundle *bundle)
{
	bool opened = session->bundle_open;

	if (!done && !runner_interrupted())
		complain(session);
	if (session_close(session, done))
		complain(session);
	if (!opened)
		return false;
	if (bundle_read(bundle, session->writer.path, session->why, sizeof(session->why)))
		return complain(session);
	return true;
}

bool session_run(struct session *session, const struct case_spec *cases, size_t count,
		 struct bundle *bundle)
{
	bool done = session_open(session, cases, count) == 0 &&
		    session_cases(session, cases, count) == 0;

	return session_end(session, done, bundle);
}

int session_code(const struct session *session, const struct bundle *bundle)
{
	int code = bundle ? report_exit_code(bundle) : CODE_BROKEN;

	if (runner_interrupted())
		return CODE_SIGNAL + runner_interrupted();
	if (session->bad_out)
		return CODE_USAGE;
	/* A case that failed is worse news than a rig that broke on the way. */
	return session->broken && code != CODE_FAILED ? CODE_BROKEN : code;
}

/* A file is read by people and by mail: no colours, and lines of a usual width. */
static bool write_report(const char *path, const struct bundle *bundle)
{
	struct report_style plain = {.columns = REPORT_COLUMNS};
	char name[PATH_LIMIT];
	FILE *file;
	bool failed;

	snprintf(name, sizeof(name), "%s/report.txt", path);
	file = fopen(name, "we");
	if (!file)
		return false;
	report_print(file, plain, bundle, path);
	failed = ferror(file);
	return fclose(file) == 0 && !failed;
}

void session_report(struct session *session, const struct bundle *bundle, int code)
{
	const char *path = session->writer.path;

	if (session->arguments->json)
		document_bundle(stdout, bundle, path, code);
	else
		report_print(stdout, session->style, bundle, path);
	if (!write_report(path, bundle))
		fprintf(stderr, "dirtypin: %s/report.txt: %s\n", path, strerror(errno));
}

void session_tell_interrupted(const struct session *session, size_t planned)
{
	int signal = runner_interrupted();

	if (!signal)
		return;
	fprintf(session->say, "interrupted by SIG%s after %zu of %zu cases%s%s; ",
		sigabbrev_np(signal), session->ended, planned,
		session->interrupted[0] ? ", in " : "", session->interrupted);
	fprintf(session->say, "the bundle is partial%s\n",
		session->broken ? "" : " and the machine is as it was");
}
