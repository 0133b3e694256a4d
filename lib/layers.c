// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The block layers that a file system may lie on: they make the time during which a page is under
 * writeback long, or they are detectors. A layer that takes a checksum of a buffer (dm-integrity,
 * protection information) notices when the buffer changes before it has arrived; and a queue that
 * asks for stable writes is how the kernel promises that page cache does not change.
 */
#include "lib/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/kernel_has.h"
#include "lib/machine_private.h"

#define WRITE_DELAY_MS "10"

enum {
	SECTOR_BYTES = 512,
	SUPERBLOCK_BYTES = 4096,
	/* Any size will do for the first table, whose one act is to format. */
	FORMAT_SECTORS = 8,
	PROVIDED_SECTORS_AT = 16,
};

static void device_name(const char *name, char *text, size_t bytes)
{
	snprintf(text, bytes, "dirtypin_%.48s", name);
}

static int device_bytes(struct machine *machine, const char *device, uint64_t *bytes)
{
	int fd = open(device, O_RDONLY | O_CLOEXEC);
	int result = fd < 0 ? -1 : ioctl(fd, BLKGETSIZE64, bytes);

	if (result < 0)
		machine_fail(machine, "the size of %s: %s", device, strerror(errno));
	if (fd >= 0)
		close(fd);
	return result < 0 ? -1 : 0;
}

/* --- delay --- */

static const char *probe_delay(void)
{
	return kernel_has_dm_target("delay")
		       ? NULL
		       : "the kernel has no dm-delay (CONFIG_DM_DELAY; try: modprobe dm-delay)";
}

/* Before the mount, which is when a file system asks whether its pages must be stable. */
static int set_stable_writes(struct machine *machine, const char *device, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/block/%.32s/queue/stable_writes",
		 device + strlen("/dev/"));
	return machine_write_file(machine, path, value);
}

static int make_delayed(struct machine *machine, const char *name, char *device,
			const char *stable_writes)
{
	char called[64], parameters[192];
	struct dm_table table = {.target = "delay", .parameters = parameters};
	uint64_t bytes;

	device_name(name, called, sizeof(called));
	/* Reads are not delayed: it is writeback that shall take its time. */
	snprintf(parameters, sizeof(parameters), "%s 0 0 %s 0 " WRITE_DELAY_MS, device, device);
	if (device_bytes(machine, device, &bytes) < 0)
		return -1;
	table.sectors = bytes / SECTOR_BYTES;
	if (machine_dm(machine, called, &table, device) < 0)
		return -1;
	return set_stable_writes(machine, device, stable_writes);
}

static int make_delay(struct machine *machine, const char *name, uint64_t bytes, char *device)
{
	return make_delayed(machine, name, device, "0");
}

static int make_delay_stable(struct machine *machine, const char *name, uint64_t bytes,
			     char *device)
{
	return make_delayed(machine, name, device, "1");
}

LAYER(delay) = {
	.name = "delay",
	.summary = "dm-delay: every write takes " WRITE_DELAY_MS " ms more",
	.probe = probe_delay,
	.make = make_delay,
};

LAYER(delay_stable) = {
	.name = "delay_stable",
	.summary = "dm-delay with the queue's stable_writes set to 1",
	.probe = probe_delay,
	.make = make_delay_stable,
};

/* --- integrity --- */

static const char *probe_integrity(void)
{
	return kernel_has_dm_target("integrity") ? NULL
						 : "the kernel has no dm-integrity "
						   "(CONFIG_DM_INTEGRITY; try: modprobe "
						   "dm-integrity)";
}

/* How many sectors are left for data, from the superblock that the kernel wrote
 * (Documentation/admin-guide/device-mapper/dm-integrity.rst). Little-endian on disk. */
static int provided_sectors(struct machine *machine, const char *device, uint64_t *sectors)
{
	_Alignas(SUPERBLOCK_BYTES) unsigned char block[SUPERBLOCK_BYTES];
	/* It was written past the device's page cache, which may hold what was there before. */
	int fd = open(device, O_RDONLY | O_DIRECT | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : pread(fd, block, sizeof(block), 0);
	int error = errno;

	if (fd >= 0)
		close(fd);
	if (got != (ssize_t)sizeof(block))
		return machine_fail(machine, "reading the superblock of dm-integrity from %s: %s",
				    device, got < 0 ? strerror(error) : "it is too short");
	if (memcmp(block, "integrt", 8) != 0)
		return machine_fail(machine, "%s has no superblock of dm-integrity after %s",
				    device, "dm-integrity formatted it");
	*sectors = 0;
	for (int i = 7; i >= 0; i--)
		*sectors = *sectors << 8 | block[PROVIDED_SECTORS_AT + i];
	return 0;
}

/* A sector that nobody wrote has no checksum, and could not be read. */
static int write_zeros(struct machine *machine, const char *device)
{
	uint64_t range[2] = {0};
	int fd, result;

	if (device_bytes(machine, device, &range[1]) < 0)
		return -1;
	fd = open(device, O_RDWR | O_CLOEXEC);
	result = fd < 0 ? -1 : ioctl(fd, BLKZEROOUT, range);
	if (result == 0)
		result = fsync(fd);
	if (result < 0)
		machine_fail(machine, "writing zeros to %s: %s", device, strerror(errno));
	if (fd >= 0)
		close(fd);
	return result;
}

/* D, direct writes: the checksum is of the buffer itself, and the device reads the buffer after
 * that. (J takes both from a copy in its journal, and would detect nothing.) */
static int make_integrity(struct machine *machine, const char *name, uint64_t bytes, char *device)
{
	char called[64], parameters[128], formatted[64];
	struct dm_table table = {
		.target = "integrity", .parameters = parameters, .sectors = FORMAT_SECTORS};
	unsigned mark = machine_mark(machine);

	device_name(name, called, sizeof(called));
	snprintf(parameters, sizeof(parameters), "%s 0 - D 1 internal_hash:crc32c", device);
	/* A device that begins with zeros is formatted; its image is new. */
	if (machine_dm(machine, called, &table, formatted) < 0 ||
	    machine_rewind(machine, mark) < 0 ||
	    provided_sectors(machine, device, &table.sectors) < 0 ||
	    machine_dm(machine, called, &table, device) < 0)
		return -1;
	return write_zeros(machine, device);
}

LAYER(integrity) = {
	.name = "integrity",
	.summary = "dm-integrity in mode D: a crc32c for each sector, checked when it is read",
	.checksummed = true,
	.probe = probe_integrity,
	.make = make_integrity,
};

/* --- protection information --- */

static const char *probe_difdix(void)
{
	return kernel_has_module("scsi_debug") ? NULL
					       : "the kernel has no module scsi_debug "
						 "(CONFIG_SCSI_DEBUG=m; try: modprobe scsi_debug)";
}

static int make_difdix(struct machine *machine, const char *name, uint64_t bytes, char *device)
{
	return machine_protected_disk(machine, bytes, device);
}

LAYER(difdix) = {
	.name = "difdix",
	.summary = "a scsi_debug disk in memory with DIF type 1 and DIX: checks the guard tag of "
		   "each sector when it is written",
	.checksummed = true,
	.is_disk = true,
	.probe = probe_difdix,
	.make = make_difdix,
};
