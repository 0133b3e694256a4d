// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory made scarce: a memory cgroup with a limit, and swap on zram.
 */
#include "lib/machine_private.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/mountinfo.h"

/* --- where cgroups can be made --- */

/* Our path in the v2 hierarchy, or in that of a v1 controller. */
static bool own_path(const char *controller, char *path, size_t bytes)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	while (file && !found && getline(&line, &room, file) > 0) {
		char *words = strchr(line, ':'), *at = words ? strchr(words + 1, ':') : NULL;

		if (!at)
			continue;
		*at++ = '\0';
		at[strcspn(at, "\n")] = '\0';
		found = controller ? mount_option_set(words + 1, controller) : words[1] == '\0';
		if (found)
			snprintf(path, bytes, "%s", at);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

static bool is_v2(const struct mount_line *line, const void *context)
{
	return strcmp(line->type, "cgroup2") == 0;
}

static bool is_v1_memory(const struct mount_line *line, const void *context)
{
	return strcmp(line->type, "cgroup") == 0 && mount_option_set(line->super_options, "memory");
}

/* The directory of our own cgroup, and the mount point above it. */
static bool own_cgroup(bool v2, char *directory, char *top)
{
	char path[PATH_MAX];
	struct mount_line line;
	size_t root;

	if (!own_path(v2 ? NULL : "memory", path, sizeof(path)) ||
	    !mountinfo_find(&line, v2 ? is_v2 : is_v1_memory, NULL))
		return false;
	/* In a container a part of the hierarchy is mounted, and its root is not "/". */
	root = strcmp(line.root, "/") == 0 ? 0 : strlen(line.root);
	snprintf(top, PATH_MAX, "%s", line.target);
	if (strncmp(path, line.root, root) != 0 ||
	    snprintf(directory, PATH_MAX, "%s%s", top,
		     strcmp(path + root, "/") ? path + root : "") >= PATH_MAX ||
	    access(directory, F_OK) < 0)
		snprintf(directory, PATH_MAX, "%s", top);
	free(line.text);
	return true;
}

static bool file_has_word(const char *directory, const char *file, const char *word)
{
	char path[PATH_MAX], text[512], *save = NULL;

	if (snprintf(path, sizeof(path), "%s/%s", directory, file) >= (int)sizeof(path) ||
	    read_text(path, text, sizeof(text)) < 0)
		return false;
	for (char *at = strtok_r(text, " ", &save); at; at = strtok_r(NULL, " ", &save)) {
		if (strcmp(at, word) == 0)
			return true;
	}
	return false;
}

/* v2: a child gets the controller only from a parent that hands it on, and (but for the root) one
 * that has processes of its own cannot start to. So go up to the nearest that does, or can. */
static int v2_parent(struct machine *machine, char *directory, const char *top)
{
	char path[PATH_MAX];

	for (;;) {
		if (file_has_word(directory, "cgroup.subtree_control", "memory"))
			return 0;
		if (strcmp(directory, top) == 0)
			break;
		*strrchr(directory, '/') = '\0';
	}
	if (snprintf(path, sizeof(path), "%s/cgroup.subtree_control", top) >= (int)sizeof(path))
		return machine_fail(machine, "%.64s...: the name is too long", top);
	return machine_write_undone(machine, path, "+memory", path, "-memory");
}

int machine_memory_cgroup(struct machine *machine, const char *name, uint64_t bytes, char *path,
			  size_t path_bytes)
{
	char parent[PATH_MAX], top[PATH_MAX], limit[PATH_MAX], text[32];
	bool v2 =
		own_cgroup(true, parent, top) && file_has_word(top, "cgroup.controllers", "memory");

	if (v2 && v2_parent(machine, parent, top) < 0)
		return -1;
	if (!v2 && !own_cgroup(false, parent, top))
		return machine_fail(machine,
				    "no memory controller: neither cgroup2 nor a v1 memory "
				    "hierarchy is mounted with one");
	if (snprintf(path, path_bytes, "%s/%s", parent, name) >= (int)path_bytes ||
	    snprintf(limit, sizeof(limit), "%s/%s", path,
		     v2 ? "memory.max" : "memory.limit_in_bytes") >= (int)sizeof(limit))
		return machine_fail(machine, "%.64s...: the name is too long", parent);
	if (access(path, F_OK) == 0)
		return machine_fail(machine, "the cgroup %s exists already and is not ours", path);
	if (change_begin(machine, CHANGE(CHANGE_CGROUP, path)) < 0)
		return -1;
	if (mkdir(path, 0755) < 0) {
		machine_fail(machine, "mkdir(%s): %s%s", path, strerror(errno),
			     geteuid() ? " (try: as root)" : "");
		change_cancel(machine);
		return -1;
	}
	snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
	/* The directory stays on the list, so that the caller's rewind removes it. */
	if (write_text(limit, text) < 0)
		return machine_fail(machine, "writing %s to %s: %s", text, limit, strerror(errno));
	return 0;
}

/* Moves every process of a cgroup into another one. */
static void move_processes(const char *from, const char *to)
{
	char source[PATH_MAX], target[PATH_MAX], pid[32];
	FILE *file;

	if (snprintf(source, sizeof(source), "%s/cgroup.procs", from) >= (int)sizeof(source) ||
	    snprintf(target, sizeof(target), "%s/cgroup.procs", to) >= (int)sizeof(target))
		return;
	file = fopen(source, "re");
	while (file && fgets(pid, sizeof(pid), file)) {
		pid[strcspn(pid, "\n")] = '\0';
		write_text(target, pid);
	}
	if (file)
		fclose(file);
}

int undo_cgroup(struct machine *machine, const struct change *change)
{
	struct patience patience = patience_of(BUSY_LIMIT_MS);
	const char *path = change->word[0];
	char parent[PATH_MAX], own[PATH_MAX], top[PATH_MAX], *slash;
	bool v2;

	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (!slash)
		return machine_fail(machine, "%s is not the path of a cgroup", path);
	*slash = '\0';
	v2 = own_cgroup(true, own, top) && strncmp(path, top, strlen(top)) == 0;
	/* A process that was killed leaves its cgroup only once it has exited. */
	while (rmdir(path) < 0 && errno != ENOENT) {
		if (errno != EBUSY || !patience_left(&patience))
			return machine_fail(machine, "rmdir(%s): %s", path, strerror(errno));
		move_processes(path, parent);
		/* A v2 parent that hands on controllers takes no processes; ours has us. */
		if (v2 || own_cgroup(false, own, top))
			move_processes(path, own);
	}
	return 0;
}
