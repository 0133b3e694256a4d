/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/self/mountinfo: what is mounted where.
 */
#ifndef LIB_MOUNTINFO_H
#define LIB_MOUNTINFO_H

#include <stdbool.h>

/* One mount; the words point into text and have their escapes resolved. */
struct mount_line {
	int id;
	const char *device; /* "major:minor"; anonymous for btrfs and tmpfs */
	const char *root, *target, *type, *source;
	const char *super_options;
	char *text;
};

/* Finds the last mount that matches, which is the topmost one of a target. False if there is none,
 * or the list cannot be read; true with *line, whose text the caller frees. */
bool mountinfo_find(struct mount_line *line,
		    bool (*match)(const struct mount_line *line, const void *context),
		    const void *context);

/* The usual questions. */
bool mountinfo_target(struct mount_line *line, const char *target);
bool mountinfo_below(struct mount_line *line, const char *directory); /* it or anything in it */
bool mountinfo_of_fd(struct mount_line *line, int fd);

/* Whether the comma-separated options have word. */
bool mount_option_set(const char *options, const char *word);

#endif
