// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a subject back. A view reads in large chunks, and where one fails or comes up short it
 * reads piece by piece, so that a single unreadable block costs the slots in it and no others. A
 * hole and what lies behind the end of the file are zeros by every road, also through a mapping,
 * where the kernel would answer with SIGBUS.
 */
#include "lib/view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/guard.h"
#include "lib/view_work.h"

enum { CHUNK_BYTES = 1 << 20 };

int view_failed(const struct view_work *work, const char *call, const char *object, int error)
{
	snprintf(work->why, work->why_bytes, "%s(%s): %s", call, object, strerror(error));
	return -error;
}

void view_mark(struct view_work *work, uint64_t offset, uint64_t bytes, enum view_slot slot)
{
	uint64_t count = work->source->bytes / work->slot_bytes;

	for (uint64_t i = offset / work->slot_bytes;
	     i < count && i * work->slot_bytes < offset + bytes; i++) {
		if (work->slots[i] != VIEW_SLOT_UNREADABLE)
			work->slots[i] = slot;
	}
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t aligned_up(uint64_t bytes)
{
	return (bytes + VIEW_ALIGN_BYTES - 1) / VIEW_ALIGN_BYTES * VIEW_ALIGN_BYTES;
}

/* What the kernel says when the data is gone: the device's error, a checksum of the file system
 * (EUCLEAN), of the device (EILSEQ), or a medium error (ENODATA). */
static bool means_unreadable(int error)
{
	return error == EIO || error == EUCLEAN || error == EILSEQ || error == ENODATA;
}

/* Reads [at, at + bytes) of the range. Returns how many bytes of it came, or -errno. */
static int64_t read_part(struct view_work *work, const struct view_range *range, uint64_t at,
			 uint64_t bytes)
{
	uint64_t wanted = smaller(aligned_up(bytes), range->padded - at);
	ssize_t got;

	do {
		got = view_pread(work->view, range->fd, work->bounce, wanted,
				 (off_t)(range->fd_offset + at));
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	bytes = smaller(bytes, (uint64_t)got);
	memcpy(work->bytes + range->offset + at, work->bounce, bytes);
	return (int64_t)bytes;
}

static int read_pieces(struct view_work *work, const struct view_range *range, uint64_t at,
		       uint64_t bytes)
{
	uint64_t end = at + bytes;

	for (; at < end; at += range->piece_bytes) {
		uint64_t piece = smaller(range->piece_bytes, end - at);
		int64_t got = read_part(work, range, at, piece);

		if (got < 0 && !means_unreadable((int)-got))
			return view_failed(work, "pread", range->name, (int)-got);
		if (got >= 0 && (uint64_t)got == piece)
			continue;
		/* Short, and not at the end of the file, is as good as not at all. */
		memset(work->bytes + range->offset + at, 0, piece);
		view_mark(work, range->offset + at, piece, VIEW_SLOT_UNREADABLE);
	}
	return 0;
}

int view_read_range(struct view_work *work, const struct view_range *range)
{
	for (uint64_t at = 0; at < range->bytes; at += CHUNK_BYTES) {
		uint64_t chunk = smaller(CHUNK_BYTES, range->bytes - at);
		int64_t got = read_part(work, range, at, chunk);
		int error;

		if (got >= 0 && (uint64_t)got == chunk)
			continue;
		error = read_pieces(work, range, at, chunk);
		if (error)
			return error;
	}
	return 0;
}

static int read_file(struct view_work *work)
{
	const char *path = work->source->path;
	bool direct = work->view == VIEW_DIRECT;
	uint32_t slot_bytes = work->slot_bytes;
	struct view_range range = {.name = path, .piece_bytes = VIEW_ALIGN_BYTES};
	struct stat status;
	int error;

	range.fd = open(path, O_RDONLY | O_CLOEXEC | (direct ? O_DIRECT : 0));
	if (range.fd < 0)
		return view_failed(work, direct ? "open O_DIRECT" : "open", path, errno);
	if (fstat(range.fd, &status)) {
		error = view_failed(work, "fstat", path, errno);
		close(range.fd);
		return error;
	}
	/* Without O_DIRECT each slot can be asked for by itself. */
	if (!direct && slot_bytes < VIEW_ALIGN_BYTES)
		range.piece_bytes = slot_bytes;
	if (!direct && work->view != VIEW_BUFFERED)
		posix_fadvise(range.fd, 0, 0, POSIX_FADV_DONTNEED);
	range.bytes = smaller(work->limit, (uint64_t)status.st_size);
	range.padded = direct ? aligned_up(range.bytes) : range.bytes;
	error = view_read_range(work, &range);
	close(range.fd);
	return error;
}

/* A load from the mapping makes the kernel read the page in if it is not there, and answers SIGBUS
 * when that fails. process_vm_readv() would say EFAULT instead, but it pins the pages, which is
 * what is under test. */
static int read_map(struct view_work *work)
{
	const uint8_t *map = work->source->map;
	uint64_t bytes = work->source->bytes, file_bytes = bytes;
	struct stat status;
	int error = guard_install();

	if (error)
		return view_failed(work, "sigaction", "SIGBUS", -error);
	if (work->source->path) {
		if (stat(work->source->path, &status))
			return view_failed(work, "stat", work->source->path, errno);
		file_bytes = (uint64_t)status.st_size;
	}
	for (uint64_t at = 0; at < bytes; at += CHUNK_BYTES) {
		uint64_t end = at + smaller(CHUNK_BYTES, bytes - at);

		if (guarded_copy(work->bytes + at, map + at, end - at) == 0)
			continue;
		for (uint64_t piece = at; piece < end; piece += VIEW_ALIGN_BYTES) {
			uint64_t piece_bytes = smaller(VIEW_ALIGN_BYTES, end - piece);

			if (guarded_copy(work->bytes + piece, map + piece, piece_bytes) == 0)
				continue;
			memset(work->bytes + piece, 0, piece_bytes);
			if (piece < file_bytes)
				view_mark(work, piece, piece_bytes, VIEW_SLOT_UNREADABLE);
		}
	}
	return 0;
}

static int dispatch(struct view_work *work)
{
	const struct view_source *source = work->source;

	switch (work->view) {
	case VIEW_MAP:
		if (!source->map)
			return view_failed(work, "view map", "no mapping", EINVAL);
		return read_map(work);
	case VIEW_BUFFERED:
	case VIEW_DIRECT:
	case VIEW_UNPINNED:
	case VIEW_REMOUNT:
	case VIEW_POWERCUT:
		if (!source->path)
			return view_failed(work, view_word(work->view), "no file", EINVAL);
		return read_file(work);
	case VIEW_DEVICE:
		if (!source->path || !source->device || !source->device[0])
			return view_failed(work, "view device", "no block device below", ENODEV);
		return view_read_device(work);
	case VIEW_PEER:
	case VIEW_COUNT:
		break;
	}
	/* The far end's own memory is read where it is mapped. */
	return view_failed(work, "view", view_word(VIEW_PEER), EINVAL);
}

int view_read(enum view view, const struct view_source *source, uint32_t slot_bytes, uint8_t *bytes,
	      enum view_slot *slots, char *why, size_t why_bytes)
{
	struct view_work work = {.view = view,
				 .source = source,
				 .slot_bytes = slot_bytes,
				 .bytes = bytes,
				 .slots = slots,
				 .limit = source->bytes,
				 .why = why,
				 .why_bytes = why_bytes};
	int error;

	if (why_bytes)
		why[0] = '\0';
	work.bounce = aligned_alloc(VIEW_ALIGN_BYTES, CHUNK_BYTES);
	if (!work.bounce)
		return view_failed(&work, "aligned_alloc", "1 MiB", ENOMEM);
	memset(bytes, 0, source->bytes);
	for (size_t i = 0; i < source->bytes / slot_bytes; i++)
		slots[i] = VIEW_SLOT_READ;
	error = dispatch(&work);
	free(work.bounce);
	return error;
}
