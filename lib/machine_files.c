// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes that are files: what is written to one, a new one, a new directory. What exists already
 * is looked at before anything is journalled, so that a repair never removes what was there first.
 */
#include "lib/machine_private.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/mountinfo.h"

enum { OLD_TEXT_BYTES = 4096 };

/* Two files for one setting: writing one zeroes the other, and zero cannot be written back. */
static const char *const pairs[][2] = {
	{"/proc/sys/vm/dirty_bytes", "/proc/sys/vm/dirty_ratio"},
	{"/proc/sys/vm/dirty_background_bytes", "/proc/sys/vm/dirty_background_ratio"},
	{"/proc/sys/vm/overcommit_kbytes", "/proc/sys/vm/overcommit_ratio"},
};

static const char *other_of_pair(const char *path)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		for (int side = 0; side < 2; side++) {
			if (strcmp(path, pairs[i][side]) == 0)
				return pairs[i][!side];
		}
	}
	return NULL;
}

/* The whole text of a file, newlines and all. */
static int old_text(struct machine *machine, const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t bytes = 0, more = 1;

	if (fd < 0)
		return machine_fail(machine, "open(%s): %s", path, strerror(errno));
	while (bytes < OLD_TEXT_BYTES && more > 0) {
		more = read(fd, text + bytes, (size_t)(OLD_TEXT_BYTES - bytes));
		if (more > 0)
			bytes += more;
	}
	if (more < 0)
		machine_fail(machine, "read(%s): %s", path, strerror(errno));
	close(fd);
	if (more < 0)
		return -1;
	if (bytes == OLD_TEXT_BYTES || memchr(text, '\0', (size_t)bytes))
		return machine_fail(machine, "%s has no short text that could be written back",
				    path);
	text[bytes] = '\0';
	return 0;
}

/* /sys shows a choice as "always [madvise] never" and takes the one word. */
static void keep_chosen(const char *path, char *text)
{
	char *open = strchr(text, '['), *end = open ? strchr(open, ']') : NULL;

	if (strncmp(path, "/sys/", 5) != 0 || !end)
		return;
	*end = '\0';
	memmove(text, open + 1, strlen(open + 1) + 1);
}

int machine_write_undone(struct machine *machine, const char *path, const char *value,
			 const char *undo_path, const char *undo)
{
	if (change_begin(machine, CHANGE(CHANGE_WROTE, undo_path, undo)) < 0)
		return -1;
	if (write_text(path, value) == 0)
		return 0;
	machine_fail(machine, "writing \"%s\" to %s: %s%s", value, path, strerror(errno),
		     geteuid() ? " (try: as root)" : "");
	change_cancel(machine);
	return -1;
}

int machine_write_file(struct machine *machine, const char *path, const char *value)
{
	char old[OLD_TEXT_BYTES], paired[OLD_TEXT_BYTES];
	const char *pair = other_of_pair(path);

	if (old_text(machine, path, old) < 0)
		return -1;
	keep_chosen(path, old);
	if (pair && atoll(old) == 0) {
		if (old_text(machine, pair, paired) < 0)
			return -1;
		if (atoll(paired) != 0)
			return machine_write_undone(machine, path, value, pair, paired);
	}
	return machine_write_undone(machine, path, value, path, old);
}

int machine_sysctl(struct machine *machine, const char *key, const char *value)
{
	char path[512];
	int prefix = snprintf(path, sizeof(path), "/proc/sys/%s", key);

	if (prefix >= (int)sizeof(path))
		return machine_fail(machine, "the sysctl %.64s... has too long a name", key);
	/* As sysctl(8): dots part the words, and a slash stands for a dot in one. */
	for (char *at = path + strlen("/proc/sys/"); *at; at++) {
		if (*at == '.' || *at == '/')
			*at = *at == '.' ? '/' : '.';
	}
	return machine_write_file(machine, path, value);
}

int undo_wrote(struct machine *machine, const struct change *change)
{
	if (write_text(change->word[0], change->word[1]) == 0 || errno == ENOENT)
		return 0;
	return machine_fail(machine, "writing \"%s\" back to %s: %s", change->word[1],
			    change->word[0], strerror(errno));
}

/* The canonical name of something that need not exist yet in a directory that does. */
static int canonical(struct machine *machine, const char *path, char *full)
{
	char copy[PATH_MAX], directory[PATH_MAX], *slash;

	if (snprintf(copy, sizeof(copy), "%s%s", path[0] == '/' ? "" : "./", path) >=
	    (int)sizeof(copy))
		return machine_fail(machine, "%.64s...: the name is too long", path);
	for (size_t end = strlen(copy); end > 1 && copy[end - 1] == '/'; end--)
		copy[end - 1] = '\0';
	slash = strrchr(copy, '/');
	*slash = '\0';
	if (!realpath(slash == copy ? "/" : copy, directory))
		return machine_fail(machine, "%s: %s", slash == copy ? "/" : copy, strerror(errno));
	if (snprintf(full, PATH_MAX, "%s/%s", strcmp(directory, "/") == 0 ? "" : directory,
		     slash + 1) >= PATH_MAX)
		return machine_fail(machine, "%.64s...: the name is too long", path);
	return 0;
}

static int refuse_existing(struct machine *machine, const char *path)
{
	struct stat stat;

	if (lstat(path, &stat) == 0)
		return machine_fail(machine, "%s exists already and is not ours to replace", path);
	if (errno != ENOENT)
		return machine_fail(machine, "stat(%s): %s", path, strerror(errno));
	return 0;
}

int machine_directory(struct machine *machine, const char *path)
{
	char full[PATH_MAX], parent[PATH_MAX], *slash;
	struct stat stat;

	/* Missing parents are directories of ours as well. */
	if (snprintf(parent, sizeof(parent), "%s", path) >= (int)sizeof(parent))
		return machine_fail(machine, "%.64s...: the name is too long", path);
	for (size_t end = strlen(parent); end > 1 && parent[end - 1] == '/'; end--)
		parent[end - 1] = '\0';
	slash = strrchr(parent, '/');
	if (slash && slash != parent) {
		*slash = '\0';
		if (lstat(parent, &stat) < 0 && errno == ENOENT &&
		    machine_directory(machine, parent) < 0)
			return -1;
	}
	if (canonical(machine, path, full) < 0 || refuse_existing(machine, full) < 0 ||
	    change_begin(machine, CHANGE(CHANGE_TREE, full)) < 0)
		return -1;
	if (mkdir(full, 0700) == 0)
		return 0;
	machine_fail(machine, "mkdir(%s): %s", full, strerror(errno));
	change_cancel(machine);
	return -1;
}

int machine_image(struct machine *machine, const char *path, uint64_t bytes)
{
	char full[PATH_MAX];
	int fd, result;

	if (canonical(machine, path, full) < 0 || refuse_existing(machine, full) < 0 ||
	    change_begin(machine, CHANGE(CHANGE_MADE, full)) < 0)
		return -1;
	fd = open(full, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		machine_fail(machine, "open(%s): %s", full, strerror(errno));
		change_cancel(machine);
		return -1;
	}
	result = ftruncate(fd, (off_t)bytes);
	if (result < 0) {
		machine_fail(machine, "ftruncate(%s, %llu MiB): %s", full,
			     (unsigned long long)bytes >> 20, strerror(errno));
		unlink(full);
		change_cancel(machine);
	}
	close(fd);
	return result;
}

int machine_device_node(struct machine *machine, const char *name, char *path, size_t bytes)
{
	char file[128], text[32];
	unsigned major, minor;

	snprintf(path, bytes, "/dev/%s", name);
	if (access(path, F_OK) == 0)
		return 0;
	snprintf(file, sizeof(file), "/sys/block/%s/dev", name);
	if (read_text(file, text, sizeof(text)) < 0 || sscanf(text, "%u:%u", &major, &minor) != 2)
		return machine_fail(machine, "%s: no such device", file);
	if (change_begin(machine, CHANGE(CHANGE_MADE, path)) < 0)
		return -1;
	if (mknod(path, S_IFBLK | 0600, makedev(major, minor)) == 0)
		return 0;
	/* devtmpfs may have come first; then the node is not ours. */
	if (errno != EEXIST)
		machine_fail(machine, "mknod(%s): %s", path, strerror(errno));
	else
		machine->why[0] = '\0';
	change_cancel(machine);
	return machine->why[0] ? -1 : 0;
}

int undo_made(struct machine *machine, const struct change *change)
{
	if (unlink(change->word[0]) == 0 || errno == ENOENT || errno == ENOTDIR)
		return 0;
	return machine_fail(machine, "unlink(%s): %s", change->word[0], strerror(errno));
}

int remove_tree(const char *path, char *why, size_t why_bytes)
{
	char *roots[] = {(char *)path, NULL};
	struct mount_line line;
	FTSENT *entry;
	FTS *tree;

	if (mountinfo_below(&line, path)) {
		snprintf(why, why_bytes, "%s is still mounted, so %s stays", line.target, path);
		free(line.text);
		return -1;
	}
	tree = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	why[0] = '\0';
	while (tree && (entry = fts_read(tree))) {
		if (entry->fts_info == FTS_D)
			continue;
		if (remove(entry->fts_accpath) < 0 && errno != ENOENT && errno != ENOTDIR)
			snprintf(why, why_bytes, "remove(%s): %s", entry->fts_path,
				 strerror(errno));
	}
	if (!tree)
		snprintf(why, why_bytes, "fts_open(%s): %s", path, strerror(errno));
	else
		fts_close(tree);
	return why[0] ? -1 : 0;
}

int undo_tree(struct machine *machine, const struct change *change)
{
	return remove_tree(change->word[0], machine->why, sizeof(machine->why));
}
