/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place of its own for each test of the machine: a state directory, a file with a name that a
 * line of words would trip over, and runs that end by kill -9.
 */
#ifndef TESTS_UNIT_MACHINE_GROUND_H
#define TESTS_UNIT_MACHINE_GROUND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/machine.h"
#include "lib/scratch.h"

struct ground {
	char top[64], state[96];
	char file[128], directory[128];
};

static inline void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline void assert_text(const char *path, const char *text)
{
	char found[256];

	assert_int_equal(read_text(path, found, sizeof(found)), 0);
	assert_string_equal(found, text);
}

static inline bool exists(const char *path)
{
	struct stat stat;

	return lstat(path, &stat) == 0;
}

static inline int set_up(void **state)
{
	struct ground *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	strcpy(place->top, "/tmp/dirtypin-unit-XXXXXX");
	assert_non_null(mkdtemp(place->top));
	snprintf(place->state, sizeof(place->state), "%s/state", place->top);
	/* Names that a line of words would trip over. */
	snprintf(place->file, sizeof(place->file), "%s/a \\040 fi#le\n", place->top);
	snprintf(place->directory, sizeof(place->directory), "%s/a dir", place->top);
	put(place->file, "before\n");
	assert_int_equal(setenv("DIRTYPIN_STATE_DIR", place->state, 1), 0);
	*state = place;
	return 0;
}

static inline int tear_down(void **state)
{
	struct ground *place = *state;
	char why[256];

	assert_int_equal(
		run_program((const char *const[]){"rm", "-rf", place->top, NULL}, why, sizeof(why)),
		0);
	free(place);
	return 0;
}

static inline void journal_of(const struct ground *place, char *path, size_t bytes)
{
	snprintf(path, bytes, "%s/journal", place->state);
}

/* Runs body in a child that ends by kill -9. */
static inline void crash(void (*body)(struct machine *machine, const struct ground *place),
			 const struct ground *place)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct machine machine;

		if (machine_open(&machine) < 0)
			_exit(1);
		body(&machine, place);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

static inline void change_all(struct machine *machine, const struct ground *place)
{
	char path[256];

	if (machine_write_file(machine, place->file, "during 1") < 0 ||
	    machine_directory(machine, place->directory) < 0)
		_exit(2);
	snprintf(path, sizeof(path), "%s/image", place->directory);
	if (machine_image(machine, path, 1 << 20) < 0)
		_exit(3);
	snprintf(path, sizeof(path), "%s/not ours to know", place->directory);
	put(path, "left by a stressor");
	snprintf(path, sizeof(path), "%s/image2", place->top);
	if (machine_image(machine, path, 1 << 20) < 0 ||
	    machine_write_file(machine, place->file, "during 2") < 0)
		_exit(4);
}

static inline void assert_undone(const struct ground *place)
{
	char path[256];

	assert_text(place->file, "before");
	assert_false(exists(place->directory));
	snprintf(path, sizeof(path), "%s/image2", place->top);
	assert_false(exists(path));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
