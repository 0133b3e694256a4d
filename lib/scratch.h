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
	char directory[512];             /* where it is mounted */
	char device[64];                 /* the block device, or empty */
	char image[512];                 /* empty for --dir */
	bool ours;                       /* mounted by us, so that it may be remounted */
	char missing[MACHINE_WHY_BYTES]; /* why it could not be made, or empty */
};

struct scratch {
	struct machine *machine;
	char directory[512]; /* of images and mount points; of our files below --dir */
	bool own_directory;  /* no machine removes it: scratch_close() does */
	struct mount mount[SCRATCH_MOUNTS];
	unsigned mounts;
};

/* Makes and mounts one image per file system of list (count of them). A file system that cannot be
 * made has its reason in missing and the rest go on. directory holds images and mount points; it is
 * made and removed. Returns -1 only if nothing at all can be done. */
int scratch_make(struct scratch *scratch, struct machine *machine, const char *directory,
		 const struct filesystem *const *list, unsigned count);

/* Finds out the file system of an existing directory, which must be writable, and its device if
 * that can be read. Nothing is made. -1 with one sentence in mount->missing. */
int scratch_look(struct mount *mount, const char *directory);

/* Uses an existing directory, as scratch_look() sees it: makes a fresh subdirectory for our files.
 * machine may be NULL or not open; then scratch_close() removes it. -1 with one sentence in
 * machine->why and in mount[0].missing. */
int scratch_use(struct scratch *scratch, struct machine *machine, const char *directory);

/* Removes what no machine undoes. */
void scratch_close(struct scratch *scratch);

/* The mount of a file system, or NULL; the next one after it (for apart=1), or NULL. */
struct mount *scratch_find(struct scratch *scratch, const struct filesystem *filesystem);
struct mount *scratch_other(struct scratch *scratch, const struct mount *mount);

#endif
