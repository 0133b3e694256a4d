// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include "front/documents.h"
#include "results/report.h"

static int run_report(const struct arguments *arguments)
{
	const char *path = arguments->words[0];
	struct bundle bundle;
	char why[1024];
	int code;

	if (bundle_read(&bundle, path, why, sizeof(why))) {
		fprintf(stderr, "dirtypin: report: %s\n", why);
		return CODE_USAGE;
	}
	code = report_exit_code(&bundle);
	if (arguments->json)
		document_bundle(stdout, &bundle, path, code);
	else
		report_print(
			stdout,
			report_style_of(STDOUT_FILENO, arguments->no_color, arguments->verbose),
			&bundle, path);
	bundle_free(&bundle);
	return code;
}

const struct command command_report = {
	.name = "report",
	.words = "BUNDLE",
	.summary = "prints the table of a bundle again",
	.details =
		"BUNDLE is a directory that an earlier run made, such as one in results/runs. The "
		"exit code is the one of that run's verdicts.",
	.options = "json no-color verbose",
	.minimum_words = 1,
	.maximum_words = 1,
	.run = run_report,
};
