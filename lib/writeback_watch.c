// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether the subject was under writeback while ops were in flight. The kernel puts an inode on its
 * superblock's list when the first page of its mapping goes under writeback and takes it off when
 * the last one is done; both leave a trace event (since 4.8). The time between is an episode. A
 * private trace instance with a filter on the inode costs nothing to anybody else, and a few 100 ns
 * per event of the subject. Times in flight and events have the same clock; the text of an event
 * is rounded to 1 us. Without tracefs the system-wide counters of /proc/vmstat have to do.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/evidence.h"
#include "lib/machine.h"
#include "lib/mountinfo.h"
#include "lib/writeback_trace.h"

static const char *const episode_events[] = {"sb_mark_inode_writeback", "sb_clear_inode_writeback"};
static const char *const dirty_events[] = {"writeback_dirty_folio", "writeback_dirty_page"};

enum { EPISODE_EVENTS = 2 };
#define BUFFER_KIB "512" /* per CPU: about 8000 events */

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int put(const struct writeback_watch *watch, const char *file, const char *text)
{
	char path[640];

	snprintf(path, sizeof(path), "%s/%s", watch->instance, file);
	return write_text(path, text);
}

static int put_event(const struct writeback_watch *watch, const char *event, const char *file,
		     const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "events/writeback/%s/%s", event, file);
	return put(watch, path, text);
}

/* A file of several words marks one by brackets; a size was rounded up when it was written. */
static bool in_force(const char *shown, const char *value)
{
	char marked[32];

	if (isdigit((unsigned char)value[0]))
		return strtoul(shown, NULL, 10) >= strtoul(value, NULL, 10);
	snprintf(marked, sizeof(marked), "[%s]", value);
	return strstr(shown, marked) != NULL;
}

/* Changing the clock or the size of a ring waits for a grace period or two on every CPU. */
static int ensure(const struct writeback_watch *watch, const char *file, const char *value)
{
	char path[640], text[256];

	snprintf(path, sizeof(path), "%s/%s", watch->instance, file);
	if (read_text(path, text, sizeof(text)) == 0 && in_force(text, value))
		return 0;
	return write_text(path, value);
}

static bool has_event(const struct writeback_watch *watch, const char *event)
{
	char path[640];

	snprintf(path, sizeof(path), "%s/events/writeback/%s", watch->instance, event);
	return access(path, F_OK) == 0;
}

/* A block device's pages are dirtied on the backing device of its whole disk. */
static void whole_disk(unsigned major, unsigned minor, char *name, size_t bytes)
{
	char path[64];

	snprintf(name, bytes, "%u:%u", major, minor);
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/partition", major, minor);
	if (access(path, F_OK))
		return;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../dev", major, minor);
	if (read_text(path, name, bytes))
		snprintf(name, bytes, "%u:%u", major, minor);
}

static int enable_dirty(struct writeback_watch *watch, const struct mount_line *mount,
			unsigned major, unsigned minor)
{
	char filter[128], disk[32];

	for (unsigned i = 0; i < 2 && !watch->dirty_event; i++) {
		if (has_event(watch, dirty_events[i]))
			watch->dirty_event = dirty_events[i];
	}
	if (!watch->dirty_event)
		return 0;
	/* This event has no device but the name of its backing device, which follows from the
	 * number of a block device only: FUSE adds to it, btrfs has its own. */
	whole_disk(major, minor, disk, sizeof(disk));
	if (major && strncmp(mount->type, "fuse", 4) != 0)
		snprintf(filter, sizeof(filter), "ino == %llu && name == \"%s\"",
			 (unsigned long long)watch->inode, disk);
	else
		snprintf(filter, sizeof(filter), "ino == %llu", (unsigned long long)watch->inode);
	if (put_event(watch, watch->dirty_event, "filter", filter))
		return -1;
	return put_event(watch, watch->dirty_event, "enable", "1");
}

static int enable_events(struct writeback_watch *watch, const struct mount_line *mount)
{
	unsigned major, minor;
	char filter[128];

	/* The device of the superblock, which is not the st_dev of a btrfs subvolume; a stacked
	 * file system has its pages and their writeback below, in another inode. */
	if (strcmp(mount->type, "overlay") == 0 ||
	    sscanf(mount->device, "%u:%u", &major, &minor) != 2)
		return -1;
	snprintf(watch->device, sizeof(watch->device), "%u,%u", major, minor);
	snprintf(filter, sizeof(filter), "ino == %llu && dev == %llu",
		 (unsigned long long)watch->inode, (unsigned long long)major << 20 | minor);
	for (unsigned i = 0; i < EPISODE_EVENTS; i++) {
		if (put_event(watch, episode_events[i], "filter", filter) ||
		    put_event(watch, episode_events[i], "enable", "1"))
			return -1;
	}
	return enable_dirty(watch, mount, major, minor);
}

static int start_tracefs(struct writeback_watch *watch, int fd)
{
	struct mount_line mount;
	int error;

	if (!has_event(watch, episode_events[0]) || put(watch, "events/enable", "0") ||
	    ensure(watch, "trace_clock", "mono") || ensure(watch, "buffer_size_kb", BUFFER_KIB) ||
	    put(watch, "trace", "") || ensure(watch, "tracing_on", "1") ||
	    !mountinfo_of_fd(&mount, fd))
		return -1;
	watch->lost_before = writeback_trace_lost(watch->instance);
	error = enable_events(watch, &mount);
	free(mount.text);
	return error;
}

static void disable_events(const struct writeback_watch *watch)
{
	/* Nothing to be done about a failure: the instance goes away with the run. */
	(void)put(watch, "events/enable", "0");
	for (unsigned i = 0; i < EPISODE_EVENTS; i++)
		(void)put_event(watch, episode_events[i], "filter", "0");
	if (watch->dirty_event)
		(void)put_event(watch, watch->dirty_event, "filter", "0");
}

void writeback_watch_start(struct writeback_watch *watch, const char *instance, int fd)
{
	struct stat status;

	*watch = (struct writeback_watch){.method = WRITEBACK_VMSTAT};
	if (vmstat_read(&watch->before) || fstat(fd, &status)) {
		watch->method = WRITEBACK_NONE;
		return;
	}
	watch->inode = status.st_ino;
	if (!instance[0])
		return;
	snprintf(watch->instance, sizeof(watch->instance), "%s", instance);
	if (start_tracefs(watch, fd))
		disable_events(watch);
	else
		watch->method = WRITEBACK_TRACEFS;
}

/* How many of the flights meet an episode. Episodes are in order and do not overlap. */
static uint64_t count_overlaps(const struct flight *flights, size_t count,
			       const struct writeback_trace *trace)
{
	uint64_t overlaps = 0;

	for (size_t i = 0; i < count; i++) {
		size_t low = 0, high = trace->count;

		/* The first episode that ends after the op began. */
		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (trace->episode[middle].end_ns < flights[i].start_ns)
				low = middle + 1;
			else
				high = middle;
		}
		if (low < trace->count && trace->episode[low].start_ns <= flights[i].end_ns)
			overlaps++;
	}
	return overlaps;
}

static void collect_tracefs(struct writeback_watch *watch, const struct flight *flights,
			    size_t count, struct writeback_evidence *evidence)
{
	struct writeback_trace trace = {.until_ns = monotonic_ns(),
					.marked_ns = watch->marked_ns,
					.inode = watch->inode,
					.device = watch->device,
					.dirty_event = watch->dirty_event};
	uint64_t lost;

	writeback_trace_read(&trace, watch->instance);
	lost = writeback_trace_lost(watch->instance);
	evidence->lost_events |= trace.incomplete || lost != watch->lost_before;
	evidence->dirtied_pages += trace.dirtied;
	evidence->episodes += trace.begun;
	for (size_t i = 0; i < trace.count; i++)
		evidence->episode_ns += trace.episode[i].end_ns - trace.episode[i].start_ns;
	evidence->sampled_ops += count;
	evidence->overlapped_ops += count_overlaps(flights, count, &trace);
	watch->lost_before = lost;
	watch->marked_ns = trace.marked_ns;
	free(trace.episode);
}

void writeback_watch_collect(struct writeback_watch *watch, struct flight *flights, size_t count,
			     struct writeback_evidence *evidence)
{
	struct vmstat now;

	evidence->method = watch->method;
	if (watch->method == WRITEBACK_NONE)
		return;
	if (vmstat_read(&now)) {
		evidence->lost_events = true;
	} else {
		/* No event says how many pages were written. A large folio is dirtied as one, so
		 * the events count fewer than there are pages in it. */
		evidence->written_pages += now.written - watch->before.written;
		if (watch->method == WRITEBACK_VMSTAT || !watch->dirty_event)
			evidence->dirtied_pages += now.dirtied - watch->before.dirtied;
		watch->before = now;
	}
	if (watch->method == WRITEBACK_TRACEFS)
		collect_tracefs(watch, flights, count, evidence);
}

void writeback_watch_stop(struct writeback_watch *watch)
{
	if (watch->method == WRITEBACK_TRACEFS)
		disable_events(watch);
	watch->method = WRITEBACK_NONE;
}
