// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine without root: changes of ordinary files and directories, and how they are undone.
 */
#include "tests/unit/machine_ground.h"

static void undoes_in_reverse_order(void **state)
{
	const struct ground *place = *state;
	struct machine machine;
	struct stat stat;
	unsigned mark;
	char path[256];

	assert_int_equal(machine_open(&machine), 0);
	assert_string_equal(machine.directory, place->state);
	assert_int_equal(machine_write_file(&machine, place->file, "one"), 0);
	mark = machine_mark(&machine);
	assert_int_equal(machine_write_file(&machine, place->file, "two"), 0);
	assert_int_equal(machine_write_file(&machine, place->file, "three"), 0);
	assert_int_equal(machine_directory(&machine, place->directory), 0);
	snprintf(path, sizeof(path), "%s/image", place->directory);
	assert_int_equal(machine_image(&machine, path, 3 << 20), 0);
	assert_int_equal(lstat(path, &stat), 0);
	assert_int_equal(stat.st_size, 3 << 20);
	assert_text(place->file, "three");
	assert_int_equal(machine_rewind(&machine, mark), 0);
	assert_text(place->file, "one");
	assert_false(exists(place->directory));
	assert_int_equal(machine_mark(&machine), mark);
	assert_int_equal(machine_close(&machine), 0);
	assert_text(place->file, "before");
	journal_of(place, path, sizeof(path));
	assert_false(exists(path));
	snprintf(path, sizeof(path), "%s/lock", place->state);
	assert_false(exists(path));
}

static void refuses_what_exists(void **state)
{
	const struct ground *place = *state;
	struct machine machine;

	assert_int_equal(machine_open(&machine), 0);
	assert_int_equal(machine_image(&machine, place->file, 4096), -1);
	assert_non_null(strstr(machine.why, "exists already"));
	assert_int_equal(machine_directory(&machine, place->top), -1);
	assert_int_equal(machine_write_file(&machine, place->directory, "x"), -1);
	assert_non_null(strstr(machine.why, strerror(ENOENT)));
	assert_int_equal(machine_mark(&machine), 0);
	assert_int_equal(machine_close(&machine), 0);
	assert_text(place->file, "before");
}

static void makes_missing_parents(void **state)
{
	const struct ground *place = *state;
	struct machine machine;
	char path[256];

	assert_int_equal(machine_open(&machine), 0);
	snprintf(path, sizeof(path), "%s/b/c/", place->directory);
	assert_int_equal(machine_directory(&machine, path), 0);
	assert_true(exists(path));
	assert_int_equal(machine_close(&machine), 0);
	assert_false(exists(place->directory));
	assert_true(exists(place->top));
}

static void failed_undo_waits_for_the_next_run(void **state)
{
	const struct ground *place = *state;
	struct machine machine;
	char inner[256];

	assert_int_equal(machine_open(&machine), 0);
	assert_int_equal(machine_write_file(&machine, place->file, "during"), 0);
	snprintf(inner, sizeof(inner), "%s/image", place->top);
	assert_int_equal(machine_image(&machine, inner, 4096), 0);
	/* A directory in its place cannot be unlinked, by root neither. */
	assert_int_equal(unlink(inner), 0);
	assert_int_equal(mkdir(inner, 0700), 0);
	assert_int_equal(machine_close(&machine), -1);
	assert_non_null(strstr(machine.why, "unlink"));
	assert_text(place->file, "before");

	assert_int_equal(machine_open(&machine), 0);
	assert_non_null(strstr(machine.why, "unlink"));
	assert_int_equal(rmdir(inner), 0);
	assert_int_equal(machine_close(&machine), 0);
	assert_int_equal(machine_open(&machine), 0);
	assert_string_equal(machine.why, "");
	assert_int_equal(machine_close(&machine), 0);
}

static void program_tells_its_last_line(void **state)
{
	char why[256];

	assert_int_equal(run_program((const char *const[]){"true", NULL}, why, sizeof(why)), 0);
	assert_int_equal(
		run_program((const char *const[]){"sh", "-c", "echo one >&2; echo two >&2; exit 3",
						  NULL},
			    why, sizeof(why)),
		-1);
	assert_string_equal(why, "sh: two");
	assert_int_equal(run_program((const char *const[]){"false", NULL}, why, sizeof(why)), -1);
	assert_string_equal(why, "false ended with status 1");
	assert_int_equal(run_program((const char *const[]){"sh", "-c", "kill -9 $$", NULL}, why,
				     sizeof(why)),
			 -1);
	assert_string_equal(why, "sh was killed by signal 9");
	assert_int_equal(
		run_program((const char *const[]){"no-such-program", NULL}, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "no-such-program: cannot be run"));
}

static void text_loses_one_newline(void **state)
{
	const struct ground *place = *state;
	char text[16];

	put(place->file, "ab\n\n");
	assert_int_equal(read_text(place->file, text, sizeof(text)), 0);
	assert_string_equal(text, "ab\n");
	assert_int_equal(read_text(place->file, text, 2), 0);
	assert_string_equal(text, "a");
	assert_int_equal(read_text(place->directory, text, sizeof(text)), -1);
	assert_int_equal(write_text(place->directory, "x"), -1);
	assert_int_equal(errno, ENOENT);
	assert_false(exists(place->directory));
}

static void user_directory_gets_a_subdirectory(void **state)
{
	const struct ground *place = *state;
	struct machine machine;
	struct scratch scratch;
	struct mount *mount;

	assert_int_equal(scratch_use(&scratch, NULL, place->top), 0);
	mount = &scratch.mount[0];
	assert_ptr_equal(scratch_find(&scratch, mount->filesystem), mount);
	assert_null(scratch_other(&scratch, mount));
	assert_false(mount->ours);
	assert_true(strncmp(mount->directory, place->top, strlen(place->top)) == 0);
	assert_true(exists(mount->directory));
	scratch_close(&scratch);
	assert_false(exists(mount->directory));

	assert_int_equal(machine_open(&machine), 0);
	assert_int_equal(scratch_use(&scratch, &machine, place->top), 0);
	assert_true(exists(scratch.mount[0].directory));
	assert_int_equal(machine_close(&machine), 0);
	assert_false(exists(scratch.mount[0].directory));

	assert_int_equal(scratch_use(&scratch, NULL, place->directory), -1);
	assert_non_null(strstr(scratch.mount[0].missing, strerror(ENOENT)));
	assert_int_equal(scratch_use(&scratch, NULL, "/proc/self"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(undoes_in_reverse_order),
		TEST(refuses_what_exists),
		TEST(makes_missing_parents),
		TEST(failed_undo_waits_for_the_next_run),
		TEST(program_tells_its_last_line),
		TEST(text_loses_one_newline),
		TEST(user_directory_gets_a_subdirectory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
