// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A directory that the user names: which of our file systems it is on, how that is mounted, and
 * whether its block device may be read. Nothing of it is changed but a subdirectory of our own.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/machine_private.h"
#include "lib/mountinfo.h"
#include "lib/scratch.h"

enum { NAME_ATTEMPTS = 16 };

/* By magic, then by the mount options that make it another one to us. */
static const struct {
	long magic;
	const char *name, *option, *name_with_option;
} known[] = {
	{EXT4_SUPER_MAGIC, "ext4", "data=journal", "ext4_journal"},
	{XFS_SUPER_MAGIC, "xfs", NULL, NULL},
	{BTRFS_SUPER_MAGIC, "btrfs", "nodatasum", "btrfs_nodatasum"},
	/* nodatacow implies nodatasum. */
	{BTRFS_SUPER_MAGIC, "btrfs", "nodatacow", "btrfs_nodatasum"},
	{F2FS_SUPER_MAGIC, "f2fs", NULL, NULL},
	{TMPFS_MAGIC, "tmpfs", NULL, NULL},
};

static const struct filesystem *name_filesystem(long magic, const char *options)
{
	const char *name = "other";

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].magic != magic)
			continue;
		name = known[i].name;
		if (known[i].option && mount_option_set(options, known[i].option))
			return filesystem_find(known[i].name_with_option);
	}
	return filesystem_find(name);
}

/* The block device below, if it may be read. A mount's source may be a name such as /dev/root;
 * the number of the device tells better, but btrfs has an anonymous one. */
static void find_device(struct mount *mount, int fd, const struct mount_line *line)
{
	struct btrfs_ioctl_fs_info_args info = {0};
	char path[128], text[512], *name;
	int device;

	/* Of several devices none holds all that FIEMAP names. */
	if (mount->filesystem->logical_fiemap &&
	    (ioctl(fd, BTRFS_IOC_FS_INFO, &info) < 0 || info.num_devices != 1))
		return;
	snprintf(mount->device, sizeof(mount->device), "%.63s", line->source);
	snprintf(path, sizeof(path), "/sys/dev/block/%.32s/uevent", line->device);
	if (read_text(path, text, sizeof(text)) == 0 && (name = strstr(text, "DEVNAME="))) {
		name += strlen("DEVNAME=");
		name[strcspn(name, "\n")] = '\0';
		snprintf(mount->device, sizeof(mount->device), "/dev/%.58s", name);
	}
	device = open(mount->device, O_RDONLY | O_CLOEXEC);
	if (device < 0)
		mount->device[0] = '\0';
	else
		close(device);
}

static int complain(struct mount *mount, const char *directory, const char *what)
{
	snprintf(mount->missing, sizeof(mount->missing),
		 "%s: %s (try: --dir with another directory)", directory, what);
	return -1;
}

static int look_at(struct mount *mount, int fd, const char *directory)
{
	struct mount_line line = {.super_options = ""};
	struct statvfs flags;
	struct statfs stat;
	bool has_line;

	if (fstatfs(fd, &stat) < 0 || fstatvfs(fd, &flags) < 0)
		return complain(mount, directory, strerror(errno));
	if (flags.f_flag & ST_RDONLY)
		return complain(mount, directory, "it is on a read-only file system");
	if (faccessat(AT_FDCWD, mount->directory, W_OK | X_OK, AT_EACCESS) < 0)
		return complain(mount, directory, strerror(errno));
	has_line = mountinfo_of_fd(&line, fd);
	mount->filesystem = name_filesystem((long)stat.f_type, line.super_options);
	if (has_line && mount->filesystem->block_device)
		find_device(mount, fd, &line);
	if (has_line)
		free(line.text);
	return 0;
}

int scratch_look(struct mount *mount, const char *directory)
{
	char path[PATH_MAX];
	int fd, result;

	*mount = (struct mount){0};
	if (!realpath(directory, path))
		return complain(mount, directory, strerror(errno));
	if (snprintf(mount->directory, sizeof(mount->directory), "%s", path) >=
	    (int)sizeof(mount->directory))
		return complain(mount, directory, "its name is too long");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return complain(mount, directory, strerror(errno));
	result = look_at(mount, fd, directory);
	close(fd);
	return result;
}

/* A name that nobody has yet: the journal must know it before the directory is there. */
static int fresh_name(const struct mount *mount, char *path, size_t bytes)
{
	for (int i = 0; i < NAME_ATTEMPTS; i++) {
		struct stat stat;
		uint32_t number;

		if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
			return -1;
		if (snprintf(path, bytes, "%s/dirtypin-%08x", mount->directory, number) >=
		    (int)bytes) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (lstat(path, &stat) < 0)
			return errno == ENOENT ? 0 : -1;
	}
	errno = EEXIST;
	return -1;
}

int scratch_use(struct scratch *scratch, struct machine *machine, const char *directory)
{
	struct mount *mount = &scratch->mount[0];
	bool journalled = machine && machine_changes(machine);
	int result;

	*scratch = (struct scratch){.machine = machine, .mounts = 1};
	result = scratch_look(mount, directory);
	if (result == 0 && fresh_name(mount, scratch->directory, sizeof(scratch->directory)) < 0) {
		result = complain(mount, directory, strerror(errno));
	} else if (result == 0 && journalled) {
		result = machine_directory(machine, scratch->directory);
		if (result < 0)
			snprintf(mount->missing, sizeof(mount->missing), "%s", machine->why);
	} else if (result == 0) {
		result = mkdir(scratch->directory, 0700);
		if (result < 0)
			complain(mount, directory, strerror(errno));
		scratch->own_directory = result == 0;
	}
	if (result < 0 && machine)
		machine_fail(machine, "%s", mount->missing);
	if (result < 0)
		return -1;
	snprintf(mount->directory, sizeof(mount->directory), "%s", scratch->directory);
	return 0;
}

void scratch_close(struct scratch *scratch)
{
	char why[MACHINE_WHY_BYTES];

	/* Best effort: there is no next run that could be told about it. */
	if (scratch->own_directory)
		remove_tree(scratch->directory, why, sizeof(why));
	scratch->own_directory = false;
}
