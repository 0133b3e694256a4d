// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the terminal can show. NO_COLOR counts when it is set and not empty (no-color.org); a dumb
 * terminal cannot rewrite a line.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "results/report_table.h"

enum { COLUMNS_USUAL = 80, COLUMNS_LIMIT = 1000 };

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

/* The first of these that is set decides, as setlocale() has it. */
static bool locale_is_utf8(void)
{
	const char *value = is_set("LC_ALL")     ? getenv("LC_ALL")
			    : is_set("LC_CTYPE") ? getenv("LC_CTYPE")
						 : getenv("LANG");

	return value && (strcasestr(value, "UTF-8") || strcasestr(value, "utf8"));
}

static unsigned columns_of(int fd)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	long columns = 0;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0)
		columns = size.ws_col;
	else if (text)
		columns = strtol(text, NULL, 10);
	return columns > 0 && columns <= COLUMNS_LIMIT ? (unsigned)columns : COLUMNS_USUAL;
}

struct report_style report_style_of(int fd, bool no_colour, bool verbose)
{
	const char *term = getenv("TERM");
	bool tty = isatty(fd) && term && strcmp(term, "dumb");

	return (struct report_style){
		.colour = tty && !no_colour && !is_set("NO_COLOR"),
		.tty = tty,
		.columns = columns_of(fd),
		.verbose = verbose,
		.utf8 = locale_is_utf8(),
	};
}

const char *report_colour(struct report_style style, enum verdict verdict)
{
	static const char *const colours[VERDICT_COUNT] = {[VERDICT_PASS] = "\033[32m",
							   [VERDICT_SKIP] = "\033[36m",
							   [VERDICT_BROKEN] = "\033[33m",
							   [VERDICT_FAIL] = "\033[1;31m"};

	return style.colour ? colours[verdict] : "";
}

const char *report_plain(struct report_style style)
{
	return style.colour ? "\033[0m" : "";
}
