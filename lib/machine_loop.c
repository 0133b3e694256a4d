// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loop devices. Which device an image will get is not known before it has it, so the journal names
 * the image, and the undo detaches every device that stands on it. /sys shows the path of the
 * image, with " (deleted)" behind it once it is unlinked; seen from another mount namespace it is
 * another path, and then the inode and the name that we gave the device tell.
 */
#include "lib/machine_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOP_CONTROL "/dev/loop-control"

enum { LOOP_BLOCK_BYTES = 512, LOOP_NUMBER_LIMIT = 4096 };

/* The image of loop device number; false if it has none. */
static bool image_of(unsigned number, char *image)
{
	static const char deleted[] = " (deleted)";
	char path[64];
	size_t length;

	snprintf(path, sizeof(path), "/sys/block/loop%u/loop/backing_file", number);
	if (read_text(path, image, PATH_MAX) < 0)
		return false;
	length = strlen(image);
	if (length > strlen(deleted) && strcmp(image + length - strlen(deleted), deleted) == 0)
		image[length - strlen(deleted)] = '\0';
	return true;
}

static bool exists(unsigned number)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/block/loop%u", number);
	return access(path, F_OK) == 0;
}

/* Binds image to the device: 0 or a positive errno. */
static int configure(int device, int image, const char *path)
{
	struct loop_config config = {
		.fd = (uint32_t)image,
		.block_size = LOOP_BLOCK_BYTES,
		.info.lo_flags = LO_FLAGS_DIRECT_IO,
	};

	/* For losetup(8), and for is_ours(); cut to 63 bytes. */
	memcpy(config.info.lo_file_name, path, strnlen(path, sizeof(config.info.lo_file_name) - 1));
	/* Where the file below takes no O_DIRECT, the kernel drops the flag by itself. */
	if (ioctl(device, LOOP_CONFIGURE, &config) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOTTY)
		return errno;
	/* Before 5.8 (3448914e8cc5 "loop: Add LOOP_CONFIGURE ioctl") it takes three calls. */
	if (ioctl(device, LOOP_SET_FD, image) < 0)
		return errno;
	config.info.lo_flags = 0;
	if (ioctl(device, LOOP_SET_STATUS64, &config.info) < 0) {
		int error = errno;

		ioctl(device, LOOP_CLR_FD, 0);
		return error;
	}
	ioctl(device, LOOP_SET_DIRECT_IO, 1ul);
	return 0;
}

/* Tries one device: 1 taken, 0 somebody else has it, -1 failed. */
static int try_device(struct machine *machine, unsigned number, int image, const char *path,
		      char *device)
{
	char name[32], disk[32], inode[32];
	struct stat stat;
	int fd, error;

	if (fstat(image, &stat) < 0)
		return machine_fail(machine, "stat(%s): %s", path, strerror(errno));
	snprintf(disk, sizeof(disk), "%llu", (unsigned long long)stat.st_dev);
	snprintf(inode, sizeof(inode), "%llu", (unsigned long long)stat.st_ino);
	snprintf(name, sizeof(name), "loop%u", number);
	if (machine_device_node(machine, name, device, 64) < 0 ||
	    change_begin(machine, CHANGE(CHANGE_LOOP, path, disk, inode)) < 0)
		return -1;
	fd = open(device, O_RDWR | O_CLOEXEC);
	error = fd < 0 ? errno : configure(fd, image, path);
	if (fd >= 0)
		close(fd);
	if (error == 0)
		return 1;
	machine_fail(machine, "attaching %s to %s: %s%s", path, device, strerror(error),
		     error == EACCES || error == EPERM ? " (try: as root)" : "");
	change_cancel(machine);
	/* ENXIO: the device went away again. */
	return error == EBUSY || error == ENXIO ? 0 : -1;
}

/* Has the kernel make loop device number. */
static int add_device(struct machine *machine, unsigned number)
{
	int control = open(LOOP_CONTROL, O_RDWR | O_CLOEXEC);
	char text[16];

	if (control < 0)
		return machine_fail(machine, "open(%s): %s (try: modprobe loop, as root)",
				    LOOP_CONTROL, strerror(errno));
	snprintf(text, sizeof(text), "%u", number);
	if (change_begin(machine, CHANGE(CHANGE_LOOP_ADDED, text)) < 0) {
		close(control);
		return -1;
	}
	if (ioctl(control, LOOP_CTL_ADD, number) < 0) {
		int error = errno;

		change_cancel(machine);
		close(control);
		return error == EEXIST ? 0
				       : machine_fail(machine, "a new loop device %u: %s", number,
						      strerror(error));
	}
	close(control);
	return 0;
}

/* Free devices first, then new ones. LOOP_CTL_GET_FREE would do both, but it adds a device before
 * one could write down that it is new. */
static int find_device(struct machine *machine, int image, const char *path, char *device)
{
	char other[PATH_MAX];

	for (unsigned number = 0; number < LOOP_NUMBER_LIMIT; number++) {
		int taken;

		if (exists(number)) {
			if (image_of(number, other))
				continue;
		} else if (add_device(machine, number) < 0) {
			return -1;
		}
		taken = try_device(machine, number, image, path, device);
		if (taken != 0)
			return taken < 0 ? -1 : 0;
	}
	return machine_fail(machine, "no free loop device below number %d", LOOP_NUMBER_LIMIT);
}

int machine_loop(struct machine *machine, const char *image, char *device)
{
	char path[PATH_MAX];
	int fd, result;

	if (!realpath(image, path))
		return machine_fail(machine, "%s: %s", image, strerror(errno));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return machine_fail(machine, "open(%s): %s", path, strerror(errno));
	/* The first open of the control node loads the module. */
	result = open(LOOP_CONTROL, O_RDWR | O_CLOEXEC);
	if (result >= 0)
		close(result);
	result = find_device(machine, fd, path, device);
	close(fd);
	return result;
}

/* Whether loop device number stands on the image of change. */
static bool is_ours(unsigned number, const struct change *change)
{
	char image[PATH_MAX], path[64];
	struct loop_info64 info = {0};
	size_t name_bytes = sizeof(info.lo_file_name) - 1;
	bool known;
	int fd;

	if (!image_of(number, image))
		return false;
	if (strcmp(image, change->word[0]) == 0)
		return true;
	snprintf(path, sizeof(path), "/dev/loop%u", number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	known = ioctl(fd, LOOP_GET_STATUS64, &info) == 0;
	close(fd);
	return known && info.lo_device == strtoull(change->word[1], NULL, 10) &&
	       info.lo_inode == strtoull(change->word[2], NULL, 10) &&
	       strncmp((const char *)info.lo_file_name, change->word[0], name_bytes) == 0;
}

/* Detaches one device from its image. The kernel does it for good when the last opener is gone. */
static int detach(struct machine *machine, unsigned number, const struct change *change)
{
	struct patience patience = patience_of(BUSY_LIMIT_MS);
	const char *image = change->word[0];
	char path[64];
	int fd, error = 0;

	snprintf(path, sizeof(path), "/dev/loop%u", number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return machine_fail(machine, "open(%s): %s", path, strerror(errno));
	while (ioctl(fd, LOOP_CLR_FD, 0) < 0) {
		error = errno;
		if (error != EBUSY || !patience_left(&patience))
			break;
		error = 0;
	}
	close(fd);
	if (error && error != ENXIO)
		return machine_fail(machine, "detaching %s from %s: %s", image, path,
				    strerror(error));
	while (is_ours(number, change)) {
		if (!patience_left(&patience))
			return machine_fail(machine, "%s is still in use, so %s stays attached",
					    path, image);
	}
	return 0;
}

int undo_loop(struct machine *machine, const struct change *change)
{
	DIR *directory = opendir("/sys/block");
	struct dirent *entry;
	int result = 0;

	if (!directory)
		return machine_fail(machine, "opendir(/sys/block): %s", strerror(errno));
	while ((entry = readdir(directory))) {
		unsigned number;

		if (sscanf(entry->d_name, "loop%u", &number) == 1 && is_ours(number, change) &&
		    detach(machine, number, change) < 0)
			result = -1;
	}
	closedir(directory);
	return result;
}

int undo_loop_added(struct machine *machine, const struct change *change)
{
	struct patience patience = patience_of(BUSY_LIMIT_MS);
	unsigned number = (unsigned)atoi(change->word[0]);
	int control, result, error;
	char image[PATH_MAX];

	/* Somebody else took the device meanwhile: then it is theirs. */
	if (!exists(number) || image_of(number, image))
		return 0;
	control = open(LOOP_CONTROL, O_RDWR | O_CLOEXEC);
	if (control < 0)
		return machine_fail(machine, "open(%s): %s", LOOP_CONTROL, strerror(errno));
	do {
		result = ioctl(control, LOOP_CTL_REMOVE, number);
	} while (result < 0 && errno == EBUSY && patience_left(&patience));
	error = errno;
	close(control);
	if (result >= 0 || error == ENODEV)
		return 0;
	return machine_fail(machine, "removing loop device %u: %s", number, strerror(error));
}
