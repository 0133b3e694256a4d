/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Views: the roads by which the slots of a subject can be read back.
 */
#ifndef LIB_VIEW_H
#define LIB_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/words.h"

struct view_source {
	const char *path;    /* of the file, or NULL */
	const uint8_t *map;  /* the mapping, or NULL */
	const char *device;  /* the block device below, or "" */
	bool logical_fiemap; /* FIEMAP gives btrfs logical addresses */
	size_t bytes;
};

/* What came back for one slot. */
enum view_slot { VIEW_SLOT_READ, VIEW_SLOT_UNREADABLE, VIEW_SLOT_UNKNOWN };

/*
 * Reads the whole subject by view into bytes (source->bytes, aligned to 4096), and says per slot
 * whether it was read, was unreadable (EIO, EUCLEAN, EILSEQ, ENODATA; also SIGBUS on a mapping, and
 * a short read before the end), or cannot be read by this view (device: inline, compressed or not
 * yet allocated extents). A hole or an unwritten extent reads as zeros. Files that are shorter read
 * as zeros behind their end. Returns 0, or -errno if the view cannot be opened at all, with the
 * failing call in why.
 */
int view_read(enum view view, const struct view_source *source, uint32_t slot_bytes, uint8_t *bytes,
	      enum view_slot *slots, char *why, size_t why_bytes);

/* The system calls below every view, in a translation unit of their own (lib/view_io.c), so that a
 * test can put a lying kernel between (the linker's --wrap). */

/* pread(2): bytes, or -1 with errno. */
ssize_t view_pread(enum view view, int fd, void *buffer, size_t bytes, off_t offset);

/* fsync(2): 0, or -errno. */
int view_fsync(int fd);

#endif
