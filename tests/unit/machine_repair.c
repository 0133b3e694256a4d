// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the next run makes of a journal that a kill -9 left, whole, cut, or with a flipped line.
 */
#include "tests/unit/machine_ground.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(repairs_after_a_kill),
		TEST(repairs_what_is_half_there),
		TEST(cut_tail_is_tolerated),
		TEST(flipped_line_is_ignored),
		TEST(boot_takes_the_kernels_state_along),
		TEST(what_was_undone_stays_undone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
