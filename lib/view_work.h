/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One reading of a subject by a view, for lib/view.c and lib/view_device.c.
 */
#ifndef LIB_VIEW_WORK_H
#define LIB_VIEW_WORK_H

#include "lib/view.h"

/* What every O_DIRECT read is a multiple of: no device that Linux supports has larger sectors. */
enum { VIEW_ALIGN_BYTES = 4096 };

struct view_work {
	enum view view;
	const struct view_source *source;
	uint32_t slot_bytes;
	uint8_t *bytes;
	enum view_slot *slots;
	uint64_t limit;  /* of what is read: the end of the file, or of the subject */
	uint8_t *bounce; /* aligned; all reads go through it */
	char *why;
	size_t why_bytes;
};

/* Says in why that call failed on object with errno error; returns -error. */
int view_failed(const struct view_work *work, const char *call, const char *object, int error);

/* Marks the slots that [offset, offset + bytes) of the subject touches. What is unreadable stays
 * so. */
void view_mark(struct view_work *work, uint64_t offset, uint64_t bytes, enum view_slot slot);

/* Bytes of fd that belong to the subject. */
struct view_range {
	int fd;
	const char *name; /* of what fd is, for why */
	uint64_t fd_offset, offset, bytes;
	uint64_t padded; /* how many may be read there, at least bytes: O_DIRECT needs whole blocks
			  */
	uint32_t piece_bytes; /* what is read one by one after an error */
};

/* Reads a range and marks what cannot be read of it. 0, or -errno for an error that does not mean
 * that data is unreadable. */
int view_read_range(struct view_work *work, const struct view_range *range);

/* VIEW_DEVICE. */
int view_read_device(struct view_work *work);

#endif
