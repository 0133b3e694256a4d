/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel versions: read from the strings that distributions make of them, and compared.
 */
#ifndef LIB_KERNEL_VERSION_H
#define LIB_KERNEL_VERSION_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/tables.h"

/* How a reproducer may turn out, seen from the running version. */
enum expectation {
	EXPECT_AS_EXPECTED,
	EXPECT_FIXED_EARLIER, /* not reproduced where it should: the fix was backported, or the race
				 was missed */
	EXPECT_STILL_BAD,     /* reproduced at or after a fixed version */
	EXPECT_NEW,           /* reproduced where no version was known to be bad */
};

struct kernel_version {
	unsigned major, minor, patch;
	unsigned candidate; /* N of -rcN, else 0: a release candidate is before its release */
};

/* Reads "6.12.117+deb13-amd64", "6.19-rc3", "5.14.0-427.el9", "7.2". False if text does not begin
 * with MAJOR.MINOR. */
bool kernel_version_read(struct kernel_version *version, const char *text);

/* Reads the two strings of uname: release alone is not enough on Debian, where up to 6.12 it
 * names the ABI ("6.1.0-50-amd64") and the version stands in the other one ("#1 SMP Debian
 * 6.1.176-1 (...)"). */
bool kernel_version_of(struct kernel_version *version, const char *release,
		       const char *uname_version);

/* Below, at or above zero as a is before, the same as or after b. */
int kernel_version_compare(const struct kernel_version *a, const struct kernel_version *b);

/* Whether version lies in one of count ranges [from, to). A range that is open at both ends is
 * none. */
bool kernel_version_in(const struct kernel_version *version, const struct kernel_range *ranges,
		       size_t count);

/* Judges a result against the ranges in which the bug was known. */
enum expectation kernel_version_expect(const struct kernel_version *version,
				       const struct kernel_range *bad, size_t count,
				       bool reproduced);
const char *expectation_word(enum expectation expectation);

#endif
