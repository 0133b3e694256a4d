// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The counters of /proc/vmstat, and the watch on writeback. A directory of plain files stands for
 * the trace instance: what the watch writes there can be read, and what it reads can be written.
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
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "lib/evidence.h"
#include "lib/machine.h"
#include "lib/mountinfo.h"

static void counters_go_up(void **state)
{
	static char from[64 * 4096], to[64 * 4096];
	struct iovec local = {to, sizeof(to)}, remote = {from, sizeof(from)};
	struct vmstat before, after;
	unsigned pages = 0;

	assert_int_equal(vmstat_read(&before), 0);
	assert_int_equal(before.has_pins, kernel_at_least(5, 7));
	/* It pins what it copies from; 6400 pages are more than the CPUs may hold back. */
	for (unsigned i = 0; i < 100; i++) {
		if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != sizeof(to))
			skip(); /* a sandbox may forbid it */
		pages += 64;
	}
	assert_int_equal(vmstat_read(&after), 0);
	assert_true(after.dirtied >= before.dirtied && after.written >= before.written);
	if (before.has_pins) {
		assert_true(after.pins_acquired - before.pins_acquired >= pages / 2);
		assert_true(after.pins_released - before.pins_released >= pages / 2);
	}
}

/* With root the counters are exact: 3 pages are seen. Others may pin at the same time, never fewer. */
static void root_sees_every_pin(void **state)
{
	static char from[3 * 4096], to[3 * 4096];
	struct iovec local = {to, sizeof(to)}, remote = {from, sizeof(from)};
	struct vmstat before, after;

	if (access("/proc/sys/vm/stat_refresh", R_OK) || !kernel_at_least(5, 7))
		skip();
	assert_int_equal(vmstat_read(&before), 0);
	if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != sizeof(to))
		skip();
	assert_int_equal(vmstat_read(&after), 0);
	assert_true(after.pins_acquired - before.pins_acquired >= 3);
	assert_true(after.pins_released - before.pins_released >= 3);
}

static void versions_compare_by_number(void **state)
{
	unsigned major = 0, minor = 0;
	struct utsname name;

	assert_int_equal(uname(&name), 0);
	assert_int_equal(sscanf(name.release, "%u.%u", &major, &minor), 2);
	assert_true(kernel_at_least(major, minor));
	assert_false(kernel_at_least(major, minor + 1));
	assert_false(kernel_at_least(major + 1, 0));
	assert_true(kernel_at_least(major - 1, minor + 100));
	assert_true(kernel_at_least(2, 6));
}

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

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int make_instance(void **state)
{
	static struct fake fake;
	struct mount_line mount;
	struct stat status;
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
	fake.fd = open(fake.directory, O_RDONLY | O_DIRECTORY);
	assert_true(fake.fd >= 0 && fstat(fake.fd, &status) == 0);
	fake.inode = status.st_ino;
	assert_true(mountinfo_of_fd(&mount, fake.fd));
	if (strcmp(mount.type, "overlay") == 0)
		skip(); /* there the watch uses the counters */
	assert_int_equal(sscanf(mount.device, "%u:%u", &major, &minor), 2);
	snprintf(fake.device, sizeof(fake.device), "%u,%u", major, minor);
	free(mount.text);
	fake.start_ns = now_ns() - 1000000000;
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

/* One line of trace_pipe, us after the start. */
static void add_line(const struct fake *fake, char *text, size_t bytes, unsigned us,
		     const char *event, unsigned long inode)
{
	size_t at = strlen(text);
	uint64_t time_us = fake->start_ns / 1000 + us;
	const char *form = strstr(event, "dirty") ? "bdi 7:0: ino=%3$lu index=%4$u"
						  : "%1$s %2$s ino %3$lu dirtied 4294 state 0x7";

	at += (size_t)snprintf(text + at, bytes - at, "  kworker/u8:1: x-45 [001] d..2. %llu.%06llu: %s: ",
			       (unsigned long long)(time_us / 1000000),
			       (unsigned long long)(time_us % 1000000), event);
	if (strstr(event, "dirty"))
		at += (size_t)snprintf(text + at, bytes - at, "bdi 7:0: ino=%lu index=3\n", inode);
	else
		at += (size_t)snprintf(text + at, bytes - at,
				       "dev %s ino %lu dirtied 4294 state 0x7 mode 0100600\n",
				       fake->device, inode);
	(void)form;
}
