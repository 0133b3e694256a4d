// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/kernel_version.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool digits(const char **at, unsigned *value)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	*value = (unsigned)strtoul(*at, &end, 10);
	*at = end;
	return true;
}

bool kernel_version_read(struct kernel_version *version, const char *text)
{
	*version = (struct kernel_version){0};
	if (!digits(&text, &version->major) || *text++ != '.' || !digits(&text, &version->minor))
		return false;
	if (*text == '.' && isdigit((unsigned char)text[1])) {
		text++;
		digits(&text, &version->patch);
	}
	/* Debian's packages write ~rc so that they sort before the release. */
	if (strncmp(text, "-rc", 3) == 0 || strncmp(text, "~rc", 3) == 0) {
		text += 3;
		digits(&text, &version->candidate);
	}
	return true;
}

bool kernel_version_of(struct kernel_version *version, const char *release,
		       const char *uname_version)
{
	const char *debian = strstr(uname_version, "Debian ");
	struct kernel_version packaged;

	if (!kernel_version_read(version, release))
		return false;
	/* A kernel that was built by hand on Debian may carry the word in its user or host name. */
	if (debian && kernel_version_read(&packaged, debian + strlen("Debian ")) &&
	    packaged.major == version->major && packaged.minor == version->minor)
		*version = packaged;
	return true;
}

static int order(unsigned a, unsigned b)
{
	return (a > b) - (a < b);
}

int kernel_version_compare(const struct kernel_version *a, const struct kernel_version *b)
{
	int difference = order(a->major, b->major);

	if (!difference)
		difference = order(a->minor, b->minor);
	if (!difference)
		difference = order(a->patch, b->patch);
	/* 0, a release, becomes the highest candidate of all. */
	if (!difference)
		difference = order(a->candidate - 1, b->candidate - 1);
	return difference;
}

/* Whether version is at or after the one in text; otherwise says what an open end means. */
static bool at_or_after(const struct kernel_version *version, const char *text, bool otherwise)
{
	struct kernel_version bound;

	if (!text || !kernel_version_read(&bound, text))
		return otherwise;
	return kernel_version_compare(version, &bound) >= 0;
}

bool kernel_version_in(const struct kernel_version *version, const struct kernel_range *ranges,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct kernel_range *range = &ranges[i];

		if ((range->from || range->to) && at_or_after(version, range->from, true) &&
		    !at_or_after(version, range->to, false))
			return true;
	}
	return false;
}

enum expectation kernel_version_expect(const struct kernel_version *version,
				       const struct kernel_range *bad, size_t count,
				       bool reproduced)
{
	bool known = kernel_version_in(version, bad, count);

	if (known || !reproduced)
		return known == reproduced ? EXPECT_AS_EXPECTED : EXPECT_FIXED_EARLIER;
	for (size_t i = 0; i < count; i++) {
		if (at_or_after(version, bad[i].to, false))
			return EXPECT_STILL_BAD;
	}
	return EXPECT_NEW;
}

const char *expectation_word(enum expectation expectation)
{
	static const char *const words[] = {[EXPECT_AS_EXPECTED] = "as expected",
					    [EXPECT_FIXED_EARLIER] = "fixed earlier than expected",
					    [EXPECT_STILL_BAD] = "still bad",
					    [EXPECT_NEW] = "new"};

	return words[expectation];
}
