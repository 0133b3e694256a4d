// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One run at a time changes the machine, and a killed one does not lock it for ever.
 */
#include "tests/unit/machine_ground.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lock_is_exclusive),
		TEST(stray_child_does_not_hold_the_machine),
		TEST(child_gives_the_lock_up),
		TEST(foreign_state_directory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
