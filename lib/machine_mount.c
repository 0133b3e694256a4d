// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mounts. An undo takes away the topmost mount of a target only if its source is ours: the mount
 * may never have happened, and somebody else's may be there.
 */
#include "lib/machine_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lib/mountinfo.h"

enum { THAW_LIMIT = 16, MOUNT_OPTION_BYTES = 512 };

static const struct {
	const char *word;
	unsigned long flag;
} flag_words[] = {
	{"noatime", MS_NOATIME}, {"nodev", MS_NODEV},     {"nodiratime", MS_NODIRATIME},
	{"noexec", MS_NOEXEC},   {"nosuid", MS_NOSUID},   {"relatime", MS_RELATIME},
	{"ro", MS_RDONLY},       {"dirsync", MS_DIRSYNC}, {"sync", MS_SYNCHRONOUS},
};

/* Parts the words that mount(2) takes as flags from those that the file system reads. */
static unsigned long part_options(const char *options, char *data, size_t bytes)
{
	char copy[MOUNT_OPTION_BYTES], *save = NULL;
	unsigned long flags = 0;
	size_t at = 0;

	snprintf(copy, sizeof(copy), "%s", options);
	data[0] = '\0';
	for (char *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		unsigned long flag = 0;

		for (size_t i = 0; i < sizeof(flag_words) / sizeof(flag_words[0]); i++) {
			if (strcmp(word, flag_words[i].word) == 0)
				flag = flag_words[i].flag;
		}
		flags |= flag;
		if (!flag && at < bytes)
			at += (size_t)snprintf(data + at, bytes - at, "%s%s", at ? "," : "", word);
	}
	return flags;
}

/* The words of change: target, source, type, options. */
static int do_mount(struct machine *machine, const struct change *change)
{
	const char *target = change->word[0], *source = change->word[1], *type = change->word[2];
	char data[MOUNT_OPTION_BYTES];
	unsigned long flags = part_options(change->word[3], data, sizeof(data));
	const char *hint = "";

	if (mount(source, target, type, flags, data) == 0)
		return 0;
	if (errno == EPERM)
		hint = " (try: as root)";
	else if (errno == ENODEV)
		hint = "; the kernel lacks this file system";
	else if (errno == EINVAL)
		hint = "; the kernel log says more (try: dmesg)";
	return machine_fail(machine, "mount -t %s -o %s %s %s: %s%s", type, change->word[3], source,
			    target, strerror(errno), hint);
}

int machine_mount(struct machine *machine, const char *source, const char *target, const char *type,
		  const char *options)
{
	char path[PATH_MAX];
	struct change change = CHANGE(CHANGE_MOUNT, path, source, type, options ? options : "");

	if (strlen(change.word[3]) >= MOUNT_OPTION_BYTES)
		return machine_fail(machine, "mounting %s: the options are over %d bytes", target,
				    MOUNT_OPTION_BYTES - 1);
	if (!realpath(target, path))
		return machine_fail(machine, "%s: %s", target, strerror(errno));
	if (change_begin(machine, change) < 0)
		return -1;
	if (do_mount(machine, &change) == 0)
		return 0;
	change_cancel(machine);
	return -1;
}

/* Whether the topmost mount of the target is the one of change. */
static bool is_there(const struct change *change)
{
	struct mount_line line;
	bool ours;

	if (!mountinfo_target(&line, change->word[0]))
		return false;
	ours = strcmp(line.source, change->word[1]) == 0;
	free(line.text);
	return ours;
}

/* A frozen file system outlives its last mount, frozen and out of reach. */
static void thaw(const char *target)
{
	int fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* EINVAL: not frozen (any more); EOPNOTSUPP: it cannot be. A freeze may be nested. */
	for (int i = 0; i < THAW_LIMIT && ioctl(fd, FITHAW, 0) == 0; i++)
		;
	close(fd);
}

static int unmount_patiently(const char *target)
{
	struct patience patience = patience_of(BUSY_LIMIT_MS);
	int result;

	do {
		result = umount2(target, UMOUNT_NOFOLLOW);
	} while (result < 0 && errno == EBUSY && patience_left(&patience));
	return result;
}

int machine_remount(struct machine *machine, const char *target)
{
	const struct changes *changes = machine_changes(machine);
	char path[PATH_MAX];

	if (!realpath(target, path))
		return machine_fail(machine, "%s: %s", target, strerror(errno));
	for (unsigned i = changes ? changes->count : 0; i-- > 0;) {
		const struct change *change = &changes->list[i];

		if (change->kind != CHANGE_MOUNT || strcmp(change->word[0], path) != 0)
			continue;
		thaw(path);
		if (unmount_patiently(path) < 0)
			return machine_fail(machine, "umount(%s): %s%s", path, strerror(errno),
					    errno == EBUSY ? " for 5 s (try: fuser -vm)" : "");
		return do_mount(machine, change);
	}
	return machine_fail(machine, "%s was not mounted by us", path);
}

int undo_mount(struct machine *machine, const struct change *change)
{
	const char *target = change->word[0];

	if (!is_there(change))
		return 0;
	thaw(target);
	if (unmount_patiently(target) == 0)
		return 0;
	/* Whoever is still in there keeps it until they leave; nobody new gets in. */
	if (errno == EBUSY && umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		return 0;
	return machine_fail(machine, "umount(%s): %s", target, strerror(errno));
}
