// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The watch on writeback, with a directory of plain files in place of the trace instance.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/evidence.h"
#include "lib/machine.h"
#include "lib/mountinfo.h"

static const char *const events[] = {"sb_mark_inode_writeback", "sb_clear_inode_writeback",
				     "writeback_dirty_folio"};

struct fake {
	char directory[64];
	int fd; /* the subject */
	unsigned long inode;
	char device[32];
	uint64_t start_ns;
	struct writeback_watch watch;
	struct writeback_evidence evidence;
};

static void write_file(const struct fake *fake, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", fake->directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void make_directory(const struct fake *fake, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", fake->directory, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int make_instance(void **state)
{
	static struct fake fake;
	struct mount_line mount;
	struct timespec now;
	struct stat status = {.st_ino = 0};
	unsigned major, minor;
	char name[128];

	fake = (struct fake){.directory = "/tmp/dirtypin-unit-XXXXXX"};
	assert_non_null(mkdtemp(fake.directory));
	make_directory(&fake, "events");
	make_directory(&fake, "events/writeback");
	write_file(&fake, "events/enable", "");
	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "events/writeback/%s", events[i]);
		make_directory(&fake, name);
		snprintf(name, sizeof(name), "events/writeback/%s/enable", events[i]);
		write_file(&fake, name, "0\n");
		snprintf(name, sizeof(name), "events/writeback/%s/filter", events[i]);
		write_file(&fake, name, "none\n");
	}
	make_directory(&fake, "per_cpu");
	make_directory(&fake, "per_cpu/cpu0");
	write_file(&fake, "per_cpu/cpu0/stats", "entries: 0\noverrun: 0\ndropped events: 0\n");
	write_file(&fake, "trace_clock", "[local] global mono\n");
	write_file(&fake, "buffer_size_kb", "7 (expanded: 1408)\n");
	write_file(&fake, "tracing_on", "1\n");
	write_file(&fake, "trace", "old\n");
	write_file(&fake, "trace_pipe", "");
	/* Any inode does that is not on a stacked file system, where the counters are used. */
	fake.fd = open("/proc", O_RDONLY | O_DIRECTORY);
	assert_true(fake.fd >= 0 && fstat(fake.fd, &status) == 0);
	fake.inode = status.st_ino;
	assert_true(mountinfo_of_fd(&mount, fake.fd));
	assert_int_equal(sscanf(mount.device, "%u:%u", &major, &minor), 2);
	snprintf(fake.device, sizeof(fake.device), "%u,%u", major, minor);
	free(mount.text);
	clock_gettime(CLOCK_MONOTONIC, &now);
	fake.start_ns = (uint64_t)(now.tv_sec - 1) * 1000000000; /* whole microseconds, just past */
	writeback_watch_start(&fake.watch, fake.directory, fake.fd);
	*state = &fake;
	return 0;
}

static int remove_instance(void **state)
{
	struct fake *fake = *state;
	const char *const rm[] = {"rm", "-rf", fake->directory, NULL};
	char why[128];

	writeback_watch_stop(&fake->watch);
	close(fake->fd);
	return run_program(rm, why, sizeof(why));
}

static void assert_file(const struct fake *fake, const char *name, const char *wanted)
{
	char path[256], text[256];

	snprintf(path, sizeof(path), "%s/%s", fake->directory, name);
	assert_int_equal(read_text(path, text, sizeof(text)), 0);
	assert_string_equal(text, wanted);
}

/* One event, us behind the start. inode 0 is the subject. */
struct event {
	unsigned us;
	char kind; /* mark, clear or dirty */
	unsigned long inode;
};

static void pipe_events(const struct fake *fake, const struct event *event, unsigned count,
			const char *tail)
{
	static char text[65536];
	size_t at = 0;

	for (; count > 0; count--, event++) {
		uint64_t time_us = fake->start_ns / 1000 + event->us;
		unsigned long inode = event->inode ? event->inode : fake->inode;

		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "  kworker/u8:1: x-45 [001] d..2. %llu.%06llu: ",
				       (unsigned long long)(time_us / 1000000),
				       (unsigned long long)(time_us % 1000000));
		if (event->kind == 'd')
			at += (size_t)snprintf(text + at, sizeof(text) - at,
					       "%s: bdi 7:0: ino=%lu index=3\n", events[2], inode);
		else
			at += (size_t)snprintf(
				text + at, sizeof(text) - at,
				"%s: dev %s ino %lu dirtied 42 state I_SYNC mode 0100600\n",
				events[event->kind == 'c'], fake->device, inode);
	}
	snprintf(text + at, sizeof(text) - at, "%s", tail);
	write_file(fake, "trace_pipe", text);
}

static struct flight flight_of(const struct fake *fake, unsigned from_us, unsigned to_us)
{
	return (struct flight){fake->start_ns + from_us * 1000ull,
			       fake->start_ns + to_us * 1000ull};
}

static void start_sets_up_and_stop_takes_down(void **state)
{
	struct fake *fake = *state;
	unsigned major, minor;
	char filter[128];

	assert_int_equal(fake->watch.method, WRITEBACK_TRACEFS);
	assert_file(fake, "trace_clock", "mono");
	assert_file(fake, "buffer_size_kb", "512");
	assert_file(fake, "trace", "");
	assert_int_equal(sscanf(fake->device, "%u,%u", &major, &minor), 2);
	snprintf(filter, sizeof(filter), "ino == %lu && dev == %u", fake->inode,
		 major << 20 | minor);
	assert_file(fake, "events/writeback/sb_mark_inode_writeback/filter", filter);
	assert_file(fake, "events/writeback/sb_mark_inode_writeback/enable", "1");
	for (unsigned i = 0; i < 3; i++) {
		snprintf(filter, sizeof(filter), "events/writeback/%s/enable", events[i]);
		assert_file(fake, filter, "1");
	}
	writeback_watch_stop(&fake->watch);
	assert_file(fake, "events/enable", "0");
	assert_file(fake, "events/writeback/writeback_dirty_folio/filter", "0");
}

static void flights_are_compared_with_episodes(void **state)
{
	struct fake *fake = *state;
	/* Under writeback: [100, 200] and [500, 900]; another inode all the time. */
	static const struct event lines[] = {
		{10, 'd', 0},  {11, 'd', 0},        {12, 'd', 99999999}, {20, 'm', 99999999},
		{100, 'm', 0}, {200, 'c', 0},       {500, 'm', 0},       {600, 'd', 0},
		{900, 'c', 0}, {950, 'c', 99999999}};
	struct flight flights[] = {
		flight_of(fake, 910, 990), /* behind */
		flight_of(fake, 550, 560), /* inside */
		flight_of(fake, 10, 99),   /* before */
		flight_of(fake, 150, 250), /* over an end */
		flight_of(fake, 50, 150),  /* over a beginning */
		flight_of(fake, 210, 490), /* between */
		flight_of(fake, 0, 1000),  /* around all */
	};

	pipe_events(fake, lines, 10, "");
	writeback_watch_collect(&fake->watch, flights, 7, &fake->evidence);
	assert_int_equal(fake->evidence.method, WRITEBACK_TRACEFS);
	assert_int_equal(fake->evidence.episodes, 2);
	assert_int_equal(fake->evidence.episode_ns, 500000);
	assert_int_equal(fake->evidence.dirtied_pages, 3);
	assert_int_equal(fake->evidence.sampled_ops, 7);
	assert_int_equal(fake->evidence.overlapped_ops, 4);
	assert_false(fake->evidence.lost_events);
}

static void an_episode_runs_on_into_the_next_collection(void **state)
{
	struct fake *fake = *state;
	static const struct event first[] = {{100, 'm', 0}};
	static const struct event second[] = {{100 + 5000000, 'c', 0}};
	struct flight early = flight_of(fake, 110, 120), late;

	pipe_events(fake, first, 1, "");
	writeback_watch_collect(&fake->watch, &early, 1, &fake->evidence);
	assert_int_equal(fake->evidence.episodes, 1);
	assert_int_equal(fake->evidence.overlapped_ops, 1);
	late = (struct flight){fake->watch.marked_ns + 1000, fake->watch.marked_ns + 2000};
	pipe_events(fake, second, 1, "");
	writeback_watch_collect(&fake->watch, &late, 1, &fake->evidence);
	assert_int_equal(fake->evidence.episodes, 1);
	assert_int_equal(fake->evidence.overlapped_ops, 2);
	assert_int_equal(fake->watch.marked_ns, 0);
}

static void half_an_episode_is_no_evidence(void **state)
{
	struct fake *fake = *state;
	static const struct event clear[] = {
		{500, 'c', 0}, {700, 'm', 0}, {900, 'm', 0}, {950, 'c', 0}};
	struct flight flights[] = {flight_of(fake, 400, 450), flight_of(fake, 750, 800),
				   flight_of(fake, 910, 920)};

	pipe_events(fake, clear, 4, "");
	writeback_watch_collect(&fake->watch, flights, 3, &fake->evidence);
	assert_int_equal(fake->evidence.overlapped_ops, 1);
	assert_int_equal(fake->evidence.episode_ns, 50000);
}

static void lost_events_are_reported(void **state)
{
	struct fake *fake = *state;
	static const struct event lines[] = {{100, 'm', 0}};
	struct flight flight = flight_of(fake, 150, 160);

	/* What was open when events were lost has an unknown end. */
	pipe_events(fake, lines, 1, "CPU:1 [LOST 77 EVENTS]\n");
	writeback_watch_collect(&fake->watch, &flight, 1, &fake->evidence);
	assert_true(fake->evidence.lost_events);
	assert_int_equal(fake->evidence.overlapped_ops, 0);

	fake->evidence.lost_events = false;
	pipe_events(fake, NULL, 0, "");
	writeback_watch_collect(&fake->watch, NULL, 0, &fake->evidence);
	assert_false(fake->evidence.lost_events);
	write_file(fake, "per_cpu/cpu0/stats", "entries: 0\noverrun: 5\ncommit overrun: 0\n");
	writeback_watch_collect(&fake->watch, NULL, 0, &fake->evidence);
	assert_true(fake->evidence.lost_events);
}

static void without_tracefs_the_counters_do(void **state)
{
	struct fake *fake = *state;
	struct writeback_watch watch;
	struct writeback_evidence evidence = {0};
	struct flight flight = {0};

	writeback_watch_start(&watch, "", fake->fd);
	assert_int_equal(watch.method, WRITEBACK_VMSTAT);
	writeback_watch_collect(&watch, &flight, 1, &evidence);
	assert_int_equal(evidence.method, WRITEBACK_VMSTAT);
	assert_int_equal(evidence.sampled_ops, 0);
	writeback_watch_start(&watch, "/nonexistent", fake->fd);
	assert_int_equal(watch.method, WRITEBACK_VMSTAT);
	writeback_watch_start(&watch, "", -1);
	assert_int_equal(watch.method, WRITEBACK_NONE);
}

#define with_instance(test) cmocka_unit_test_setup_teardown(test, make_instance, remove_instance)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_instance(start_sets_up_and_stop_takes_down),
		with_instance(flights_are_compared_with_episodes),
		with_instance(an_episode_runs_on_into_the_next_collection),
		with_instance(half_an_episode_is_no_evidence),
		with_instance(lost_events_are_reported),
		with_instance(without_tracefs_the_counters_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
