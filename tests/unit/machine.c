// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal without root: changes of ordinary files and directories, undone in order, undone by
 * the next run after a kill -9, with a journal that a crash has cut; and the lock.
 */
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

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void assert_text(const char *path, const char *text)
{
	char found[256];

	assert_int_equal(read_text(path, found, sizeof(found)), 0);
	assert_string_equal(found, text);
}

static bool exists(const char *path)
{
	struct stat stat;

	return lstat(path, &stat) == 0;
}

static int set_up(void **state)
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

static int tear_down(void **state)
{
	struct ground *place = *state;
	char why[256];

	assert_int_equal(
		run_program((const char *const[]){"rm", "-rf", place->top, NULL}, why, sizeof(why)),
		0);
	free(place);
	return 0;
}

static void journal_of(const struct ground *place, char *path, size_t bytes)
{
	snprintf(path, bytes, "%s/journal", place->state);
}

/* Runs body in a child that ends by kill -9. */
static void crash(void (*body)(struct machine *machine, const struct ground *place),
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

static void change_all(struct machine *machine, const struct ground *place)
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

static void assert_undone(const struct ground *place)
{
	char path[256];

	assert_text(place->file, "before");
	assert_false(exists(place->directory));
	snprintf(path, sizeof(path), "%s/image2", place->top);
	assert_false(exists(path));
}

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

static void repairs_after_a_kill(void **state)
{
	const struct ground *place = *state;
	struct machine machine;

	crash(change_all, place);
	assert_text(place->file, "during 2");
	assert_true(exists(place->directory));
	assert_int_equal(machine_open(&machine), 5);
	assert_string_equal(machine.why, "");
	assert_undone(place);
	assert_int_equal(machine_close(&machine), 0);
	assert_int_equal(machine_open(&machine), 0);
	assert_int_equal(machine_close(&machine), 0);
}

static void repairs_what_is_half_there(void **state)
{
	const struct ground *place = *state;
	struct machine machine;
	char path[256];

	crash(change_all, place);
	snprintf(path, sizeof(path), "%s/image", place->directory);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/image2", place->top);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(machine_open(&machine), 5);
	assert_undone(place);
	assert_int_equal(machine_close(&machine), 0);
}

static void cut_tail_is_tolerated(void **state)
{
	const struct ground *place = *state;
	struct machine machine;
	struct stat stat;
	char path[256], text[8192];
	int fd;

	/* A machine that was killed while it wrote the line of its next change. */
	crash(change_all, place);
	journal_of(place, path, sizeof(path));
	fd = open(path, O_WRONLY | O_APPEND);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "tree /etc", 9), 9);
	close(fd);
	assert_int_equal(machine_open(&machine), 5);
	assert_undone(place);
	/* What is appended next must not be swallowed by the piece. */
	assert_int_equal(machine_write_file(&machine, place->file, "again"), 0);
	assert_int_equal(read_text(path, text, sizeof(text)), 0);
	assert_null(strstr(text, "/etc"));
	assert_int_equal(machine_close(&machine), 0);
	assert_text(place->file, "before");

	/* The last line itself, without its end: its change was the second write to the file. */
	crash(change_all, place);
	assert_int_equal(lstat(path, &stat), 0);
	assert_int_equal(truncate(path, stat.st_size - 3), 0);
	assert_int_equal(machine_open(&machine), 4);
	assert_undone(place);
	assert_int_equal(machine_close(&machine), 0);
}

static void flipped_line_is_ignored(void **state)
{
	const struct ground *place = *state;
	struct machine machine;
	char path[256], text[8192], *at;

	crash(change_all, place);
	journal_of(place, path, sizeof(path));
	assert_int_equal(read_text(path, text, sizeof(text)), 0);
	at = strstr(text, "image2");
	assert_non_null(at);
	/* It names the file before; a repair that believed it would remove that. */
	memcpy(at, "a\\040d", 6);
	strcat(text, "\n");
	put(path, text);
	assert_int_equal(machine_open(&machine), 4);
	assert_int_equal(machine_close(&machine), 0);
	snprintf(path, sizeof(path), "%s/image2", place->top);
	assert_true(exists(path));
	assert_text(place->file, "before");
}

/* FNV-1a, as in the journal's lines. */
static unsigned line_sum(const char *text)
{
	unsigned sum = 2166136261u;

	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 16777619u;
	return sum;
}

static void boot_takes_the_kernels_state_along(void **state)
{
	const struct ground *place = *state;
	struct machine machine;
	char path[256], text[1024], line[512];
	size_t at = 0;

	assert_int_equal(mkdir(place->state, 0700), 0);
	assert_int_equal(mkdir(place->directory, 0700), 0);
	for (int i = 0; i < 3; i++) {
		if (i == 0)
			snprintf(line, sizeof(line), "boot of-another-kernel");
		else if (i == 1)
			snprintf(line, sizeof(line), "wrote /proc/self/comm wrong\\012");
		else
			snprintf(line, sizeof(line), "tree %s/a\\040dir", place->top);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s #%08x\n", line,
				       line_sum(line));
	}
	journal_of(place, path, sizeof(path));
	put(path, text);
	assert_int_equal(machine_open(&machine), 1);
	assert_false(exists(place->directory));
	assert_int_equal(read_text("/proc/self/comm", line, sizeof(line)), 0);
	assert_string_not_equal(line, "wrong");
	assert_int_equal(machine_close(&machine), 0);
}

static void change_and_go_back(struct machine *machine, const struct ground *place)
{
	unsigned mark;
	char path[256];

	if (machine_write_file(machine, place->file, "during") < 0)
		_exit(2);
	mark = machine_mark(machine);
	snprintf(path, sizeof(path), "%s/image", place->top);
	/* Often enough for the journal to be written anew on the way. */
	for (int i = 0; i < 300; i++) {
		if (machine_image(machine, path, 4096) < 0 ||
		    machine_write_file(machine, place->file, "more") < 0 ||
		    machine_rewind(machine, mark) < 0)
			_exit(3);
	}
	put(path, "somebody else's by now");
}

static void what_was_undone_stays_undone(void **state)
{
	const struct ground *place = *state;
	struct machine machine;
	char path[256];

	crash(change_and_go_back, place);
	assert_text(place->file, "during");
	assert_int_equal(machine_open(&machine), 1);
	assert_text(place->file, "before");
	snprintf(path, sizeof(path), "%s/image", place->top);
	assert_text(path, "somebody else's by now");
	assert_int_equal(machine_close(&machine), 0);
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

/* --- the lock --- */

static void lock_is_exclusive(void **state)
{
	const struct ground *place = *state;
	struct machine machine, second;
	char pid[32];

	assert_int_equal(machine_open(&machine), 0);
	assert_int_equal(machine_write_file(&machine, place->file, "mine"), 0);
	assert_int_equal(machine_open(&second), -1);
	snprintf(pid, sizeof(pid), "process %d,", getpid());
	assert_non_null(strstr(second.why, pid));
	/* The loser repaired nothing. */
	assert_text(place->file, "mine");
	assert_int_equal(machine_close(&machine), 0);
	assert_int_equal(machine_open(&second), 0);
	assert_int_equal(machine_close(&second), 0);
}

static void change_and_leave_a_child(struct machine *machine, const struct ground *place)
{
	char path[256];
	FILE *file;
	pid_t stray;

	change_all(machine, place);
	stray = fork();
	if (stray == 0) {
		/* Keeps the lock's open file until the test kills it. */
		for (;;)
			pause();
	}
	snprintf(path, sizeof(path), "%s/stray", place->top);
	file = fopen(path, "w");
	if (!file || fprintf(file, "%d\n", stray) < 0 || fclose(file))
		_exit(5);
}

static void stray_child_does_not_hold_the_machine(void **state)
{
	const struct ground *place = *state;
	struct machine machine, second;
	char path[256], text[32];

	crash(change_and_leave_a_child, place);
	assert_int_equal(machine_open(&machine), 5);
	assert_undone(place);
	/* The lock that was taken over is a lock. */
	assert_int_equal(machine_open(&second), -1);
	assert_int_equal(machine_close(&machine), 0);
	snprintf(path, sizeof(path), "%s/stray", place->top);
	assert_int_equal(read_text(path, text, sizeof(text)), 0);
	assert_int_equal(kill(atoi(text), SIGKILL), 0);
}

static void child_gives_the_lock_up(void **state)
{
	const struct ground *place = *state;
	struct machine machine;
	int ends[2], status;
	pid_t child;
	char byte = 0;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(machine_open(&machine), 0);
	assert_int_equal(machine_write_file(&machine, place->file, "mine"), 0);
	child = fork();
	if (child == 0) {
		machine_after_fork(&machine);
		/* It can neither change nor undo anything. */
		status = machine_write_file(&machine, place->file, "child") == -1 &&
			 machine_rewind(&machine, 0) == 0 && machine_close(&machine) == 0;
		close(ends[1]);
		if (read(ends[0], &byte, 1) != 0)
			_exit(2);
		_exit(status ? 0 : 1);
	}
	assert_int_equal(machine_close(&machine), 0);
	/* The child is still there, without the lock. */
	assert_int_equal(machine_open(&machine), 0);
	assert_int_equal(machine_close(&machine), 0);
	close(ends[1]);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_text(place->file, "before");
}

static void foreign_state_directory_is_refused(void **state)
{
	const struct ground *place = *state;
	struct machine machine;

	assert_int_equal(mkdir(place->state, 0700), 0);
	assert_int_equal(chmod(place->state, 0777), 0);
	assert_int_equal(machine_open(&machine), -1);
	assert_non_null(strstr(machine.why, "nobody else can write"));
	assert_int_equal(machine_close(&machine), 0);
}

/* --- programs, texts, directories of the user --- */

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(undoes_in_reverse_order),
		TEST(refuses_what_exists),
		TEST(makes_missing_parents),
		TEST(repairs_after_a_kill),
		TEST(repairs_what_is_half_there),
		TEST(cut_tail_is_tolerated),
		TEST(flipped_line_is_ignored),
		TEST(boot_takes_the_kernels_state_along),
		TEST(what_was_undone_stays_undone),
		TEST(failed_undo_waits_for_the_next_run),
		TEST(lock_is_exclusive),
		TEST(stray_child_does_not_hold_the_machine),
		TEST(child_gives_the_lock_up),
		TEST(foreign_state_directory_is_refused),
		TEST(program_tells_its_last_line),
		TEST(text_loses_one_newline),
		TEST(user_directory_gets_a_subdirectory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
