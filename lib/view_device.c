// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The blocks of a file, read from the device under the file system. FIEMAP without FIEMAP_FLAG_SYNC
 * names them and writes nothing back, and O_DIRECT on the block device does not look at the
 * file's page cache: this is the only view that shows what is on the disk while dirty pages lie
 * above it. An unwritten extent is zeros, whatever its blocks hold.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/btrfs_map.h"
#include "lib/view_work.h"

enum {
	EXTENTS_PER_CALL = 256,
	/* The data is not, or not plainly, in blocks of its own. */
	ELSEWHERE = FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_ENCODED |
		    FIEMAP_EXTENT_DATA_ENCRYPTED | FIEMAP_EXTENT_NOT_ALIGNED |
		    FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_DATA_TAIL,
};

struct device {
	struct view_work *work;
	int file_fd, device_fd;
	struct btrfs_map map;
};

/* Reads bytes of the subject at offset from physical on the device; padded of them are there. */
static int read_blocks(struct device *device, uint64_t physical, uint64_t offset, uint64_t bytes,
		       uint64_t padded)
{
	struct view_range range = {.fd = device->device_fd,
				   .name = device->work->source->device,
				   .fd_offset = physical,
				   .offset = offset,
				   .bytes = bytes,
				   .padded = padded,
				   .piece_bytes = VIEW_ALIGN_BYTES};

	return view_read_range(device->work, &range);
}

/* The same from a logical address of btrfs, which may run across chunks. */
static int read_logical(struct device *device, uint64_t logical, uint64_t offset, uint64_t bytes,
			uint64_t padded)
{
	int error = 0;

	while (bytes > 0 && !error) {
		uint64_t physical = 0, run;
		bool known = false;

		run = btrfs_map_find(&device->map, logical, &physical, &known);
		if (run == 0 || run > padded)
			run = padded;
		if (known)
			error = read_blocks(device, physical, offset, run < bytes ? run : bytes,
					    run);
		else
			view_mark(device->work, offset, run < bytes ? run : bytes,
				  VIEW_SLOT_UNKNOWN);
		logical += run;
		offset += run;
		padded -= run;
		bytes -= run < bytes ? run : bytes;
	}
	return error;
}

static int read_extent(struct device *device, const struct fiemap_extent *extent)
{
	struct view_work *work = device->work;
	uint64_t bytes = extent->fe_length;

	if (extent->fe_logical >= work->limit || extent->fe_flags & FIEMAP_EXTENT_UNWRITTEN)
		return 0;
	if (bytes > work->limit - extent->fe_logical)
		bytes = work->limit - extent->fe_logical;
	if (extent->fe_flags & ELSEWHERE) {
		view_mark(work, extent->fe_logical, bytes, VIEW_SLOT_UNKNOWN);
		return 0;
	}
	if (work->source->logical_fiemap)
		return read_logical(device, extent->fe_physical, extent->fe_logical, bytes,
				    extent->fe_length);
	return read_blocks(device, extent->fe_physical, extent->fe_logical, bytes,
			   extent->fe_length);
}

static int read_extents(struct device *device, struct fiemap *fiemap)
{
	struct view_work *work = device->work;
	uint64_t start = 0;
	int error;

	while (start < work->limit) {
		memset(fiemap, 0, sizeof(*fiemap));
		fiemap->fm_start = start;
		fiemap->fm_length = work->limit - start;
		fiemap->fm_extent_count = EXTENTS_PER_CALL;
		if (ioctl(device->file_fd, FS_IOC_FIEMAP, fiemap))
			return view_failed(work, "ioctl FS_IOC_FIEMAP", work->source->path, errno);
		if (fiemap->fm_mapped_extents == 0)
			return 0;
		for (uint32_t i = 0; i < fiemap->fm_mapped_extents; i++) {
			const struct fiemap_extent *extent = &fiemap->fm_extents[i];

			error = read_extent(device, extent);
			if (error || extent->fe_flags & FIEMAP_EXTENT_LAST)
				return error;
			start = extent->fe_logical + extent->fe_length;
		}
	}
	return 0;
}

static int load_map(struct device *device)
{
	struct view_work *work = device->work;
	const char *call;
	int error = btrfs_map_settle(device->file_fd);

	if (error)
		return view_failed(work, "ioctl BTRFS_IOC_START_SYNC", work->source->path, -error);
	error = btrfs_map_load(&device->map, device->file_fd, &call);
	return error ? view_failed(work, call, work->source->path, -error) : 0;
}

static int read_opened(struct device *device)
{
	struct view_work *work = device->work;
	struct fiemap *fiemap;
	struct stat status;
	int error = 0;

	if (fstat(device->file_fd, &status))
		return view_failed(work, "fstat", work->source->path, errno);
	if ((uint64_t)status.st_size < work->limit)
		work->limit = (uint64_t)status.st_size;
	if (work->source->logical_fiemap)
		error = load_map(device);
	if (error)
		return error;
	fiemap = malloc(sizeof(*fiemap) + EXTENTS_PER_CALL * sizeof(fiemap->fm_extents[0]));
	error = fiemap ? read_extents(device, fiemap)
		       : view_failed(work, "malloc", "fiemap", ENOMEM);
	free(fiemap);
	btrfs_map_free(&device->map);
	return error;
}

int view_read_device(struct view_work *work)
{
	const struct view_source *source = work->source;
	struct device device = {.work = work, .file_fd = -1, .device_fd = -1};
	int error;

	device.file_fd = open(source->path, O_RDONLY | O_CLOEXEC);
	if (device.file_fd < 0)
		return view_failed(work, "open", source->path, errno);
	device.device_fd = open(source->device, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (device.device_fd < 0)
		error = view_failed(work, "open O_DIRECT", source->device, errno);
	else
		error = read_opened(&device);
	if (device.device_fd >= 0)
		close(device.device_fd);
	close(device.file_fd);
	return error;
}
