/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the files under test live: loop-mounted images of each file system, tmpfs, or a directory
 * that the user names.
 */
#ifndef LIB_SCRATCH_H
#define LIB_SCRATCH_H

#include "lib/machine.h"
#include "lib/tables.h"

enum { SCRATCH_MOUNTS = 16 };

struct mount {
	const struct filesystem *filesystem;
	char directory[512]; /* where it is mounted */
	char device[64];     /* the block device, or empty */
	char image[512];     /* empty for --dir */
	bool ours;	     /* mounted by us, so that it may be remounted */
	char missing[MACHINE_WHY_BYTES]; /* why it could not be made, or empty */
};

struct scratch {
	struct machine *machine;
	char directory[512]; /* of images and mount points */
	struct mount mount[SCRATCH_MOUNTS];
	unsigned mounts;
};

/* Makes and mounts one image per file system of list (count of them). A file system that cannot be
 * made has its reason in missing and the rest go on. directory holds images and mount points; it is
 * made and removed. Returns -1 only if nothing at all can be done. */
int scratch_make(struct scratch *scratch, struct machine *machine, const char *directory,
		 const struct filesystem *const *list, unsigned count);

/* Uses an existing directory; finds out its file system, and its device if that can be read. */
int scratch_use(struct scratch *scratch, struct machine *machine, const char *directory);

/* The mount of a file system, or NULL; the next one after it (for apart=1), or NULL. */
struct mount *scratch_find(struct scratch *scratch, const struct filesystem *filesystem);
struct mount *scratch_other(struct scratch *scratch, const struct mount *mount);

#endif
