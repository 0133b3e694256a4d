// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Huge pages and tracefs instances.
 */
#include "lib/machine_private.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/mountinfo.h"

#define HUGE_PAGES "/proc/sys/vm/nr_hugepages"
#define TRACEFS    "/sys/kernel/tracing"

static long huge_pages_now(void)
{
	char text[32];

	return read_text(HUGE_PAGES, text, sizeof(text)) == 0 ? atol(text) : -1;
}

int machine_huge_pages(struct machine *machine, unsigned pages)
{
	char text[32];
	long before, now;

	if (read_text(HUGE_PAGES, text, sizeof(text)) < 0)
		return machine_fail(machine, "reading %s: %s; the kernel may lack hugetlb",
				    HUGE_PAGES, strerror(errno));
	before = atol(text);
	snprintf(text, sizeof(text), "%ld", before + (long)pages);
	if (machine_write_file(machine, HUGE_PAGES, text) < 0)
		return -1;
	now = huge_pages_now();
	/* The write succeeds with fewer pages than were asked for. Huge pages want whole runs of
	 * free memory: compaction makes some, in seconds on a large machine. */
	if (now < before + (long)pages && write_text("/proc/sys/vm/compact_memory", "1") == 0 &&
	    write_text(HUGE_PAGES, text) == 0)
		now = huge_pages_now();
	if (now < before + (long)pages)
		return machine_fail(
			machine,
			"%u huge pages: the kernel found memory for %ld (try: fewer, or "
			"after a boot)",
			pages, now > before ? now - before : 0);
	return 0;
}

/* Finds tracefs where it belongs, or mounts it there. One that somebody mounted elsewhere may go at
 * any time, and then nobody could remove the instance. */
static int find_tracefs(struct machine *machine, char *path, size_t bytes)
{
	static const char place[] = TRACEFS;
	static const char old_place[] = "/sys/kernel/debug/tracing";
	struct mount_line line;
	bool mounted = mountinfo_target(&line, place);

	if (mounted)
		free(line.text);
	/* With debugfs there, a look into its directory is enough: it mounts tracefs by itself. */
	if (!mounted && access("/sys/kernel/debug/tracing/instances", F_OK) == 0) {
		snprintf(path, bytes, "%s", old_place);
		return 0;
	}
	snprintf(path, bytes, "%s", place);
	if (mounted)
		return 0;
	if (access(place, F_OK) < 0)
		return machine_fail(machine, "%s: %s; the kernel has no tracefs", place,
				    strerror(errno));
	return machine_mount(machine, "dirtypin", place, "tracefs", "nosuid,nodev,noexec");
}

int machine_trace_instance(struct machine *machine, const char *name, char *path, size_t path_bytes)
{
	char tracefs[PATH_MAX];

	if (find_tracefs(machine, tracefs, sizeof(tracefs)) < 0)
		return -1;
	if (snprintf(path, path_bytes, "%s/instances/%s", tracefs, name) >= (int)path_bytes)
		return machine_fail(machine, "%.64s...: the name is too long", tracefs);
	if (access(path, F_OK) == 0)
		return machine_fail(machine, "%s exists already and is not ours", path);
	if (change_begin(machine, CHANGE(CHANGE_INSTANCE, path)) < 0)
		return -1;
	if (mkdir(path, 0700) == 0)
		return 0;
	machine_fail(machine, "mkdir(%s): %s%s", path, strerror(errno),
		     geteuid() ? " (try: as root)" : "");
	change_cancel(machine);
	return -1;
}

static int remove_instance(struct machine *machine, const char *path)
{
	struct patience patience = patience_of(BUSY_LIMIT_MS);

	/* EBUSY: somebody still reads it. */
	while (rmdir(path) < 0 && errno != ENOENT) {
		if (errno != EBUSY || !patience_left(&patience))
			return machine_fail(machine, "rmdir(%s): %s", path, strerror(errno));
	}
	return 0;
}

int undo_instance(struct machine *machine, const struct change *change)
{
	const char *path = change->word[0], *name = strrchr(path, '/');
	char parent[PATH_MAX], here[PATH_MAX];
	int result;

	if (!name)
		return machine_fail(machine, "%s is not the path of an instance", path);
	snprintf(parent, sizeof(parent), "%.*s", (int)(name - path), path);
	if (access(parent, F_OK) == 0)
		return remove_instance(machine, path);
	/* tracefs is not mounted there any more (or we are in another mount namespace), but an
	 * instance lives in the kernel, not in a mount. */
	if (mount("dirtypin", TRACEFS, "tracefs", 0, NULL) < 0)
		return machine_fail(machine, "mount -t tracefs %s: %s; the instance %s stays",
				    TRACEFS, strerror(errno), path);
	snprintf(here, sizeof(here), "%s/instances%s", TRACEFS, name);
	result = remove_instance(machine, here);
	umount2(TRACEFS, MNT_DETACH);
	return result;
}
