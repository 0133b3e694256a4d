/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory for bundles, and a case to put into them.
 */
#ifndef TESTS_UNIT_BUNDLE_PLACE_H
#define TESTS_UNIT_BUNDLE_PLACE_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/bundle.h"

static const struct workload workload = {.name = "odirect"};
static const struct backing backing = {.name = "file_shared"};
static const struct stressor stressor = {.name = "sync_storm"};
static const struct filesystem filesystem = {.name = "ext4"};
static const char *const ways[] = {"in", "out"};
static const struct option_row rows[] = {{.name = "block", .preset = 4096},
					 {.name = "way", .minimum = 1, .words = ways}};
static const struct bundle_run plain_run = {
	.command_line = "dirtypin run", .profile = "quick", .seed = 0x5eed, .planned = 3};

static inline struct case_spec spec_of(unsigned round)
{
	struct case_spec spec = {
		.workload = {&workload, &workload},
		.workloads = 2,
		.backing = &backing,
		.stressor = {&stressor},
		.stressors = 1,
		.filesystem = &filesystem,
		.options = {.count = 2, .item = {{&rows[0], 65536}, {&rows[1], 2}}},
		.id = "odirect+odirect/file_shared/sync_storm@ext4:block=65536",
		.seed = INT64_MAX - 1, /* above 2^53: no double may have been in between */
		.round = round,
	};

	return spec;
}

/* Histograms are large: the results of a test live here, zeroed before each. */
static inline struct case_result *result_of(enum verdict verdict)
{
	static struct case_result result;

	memset(&result, 0, sizeof(result));
	result.verdict = verdict;
	return &result;
}

static struct {
	char directory[64], path[128];
} place;

static inline int make_place(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	snprintf(place.directory, sizeof(place.directory), "%.40s/bundle-XXXXXX",
		 base ? base : "/tmp");
	assert_non_null(mkdtemp(place.directory));
	snprintf(place.path, sizeof(place.path), "%s/b", place.directory);
	return 0;
}

static inline int remove_one(const char *path, const struct stat *status, int type,
			     struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline int remove_place(void **state)
{
	(void)state;
	return nftw(place.directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void open_bundle(struct bundle_writer *writer)
{
	char why[512] = "";

	if (bundle_open(writer, place.directory, place.path, &plain_run, why, sizeof(why)))
		fail_msg("%s", why);
}

/* A complete bundle of passes. */
static inline void write_passes(unsigned count)
{
	struct bundle_writer writer;

	open_bundle(&writer);
	for (unsigned round = 1; round <= count; round++) {
		struct case_spec spec = spec_of(round);

		assert_int_equal(bundle_case_started(&writer, &spec), 0);
		assert_int_equal(bundle_case_ended(&writer, &spec, result_of(VERDICT_PASS), NULL),
				 0);
	}
	assert_int_equal(bundle_close(&writer, true), 0);
}

static inline void read_back(struct bundle *bundle, const char *path)
{
	char why[512] = "";

	if (bundle_read(bundle, path, why, sizeof(why)))
		fail_msg("%s", why);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

#endif
