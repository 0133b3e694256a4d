// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A SCSI disk in memory that keeps and checks protection information (T10 DIF type 1, handed down
 * by DIX), by the module scsi_debug. The module is loaded for it and unloaded afterwards; the
 * vendor that the disk reports is how we know it, and the module, again.
 */
#include "lib/machine_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MODULE "scsi_debug"
#define VENDOR "dirtypin"

/* The disk appears from a work queue. */
enum { DISK_LIMIT_MS = 20000 };

static bool is_loaded(void)
{
	return access("/sys/module/" MODULE, F_OK) == 0;
}

/* Whether the module was loaded by us. */
static bool is_ours(void)
{
	char text[64];

	return read_text("/sys/module/" MODULE "/parameters/inq_vendor", text, sizeof(text)) == 0 &&
	       strcmp(text, VENDOR) == 0;
}

/* The name of the disk, "sda" say; false while there is none. */
static bool find_disk(char *name, size_t bytes)
{
	DIR *directory = opendir("/sys/block");
	struct dirent *entry;
	bool found = false;

	while (directory && !found && (entry = readdir(directory))) {
		char path[320], text[64];

		snprintf(path, sizeof(path), "/sys/block/%s/device/vendor", entry->d_name);
		if (strncmp(entry->d_name, "sd", 2) != 0 ||
		    read_text(path, text, sizeof(text)) < 0 || strcmp(text, VENDOR) != 0)
			continue;
		/* Its size and its protection are read before its queue is set up. */
		snprintf(path, sizeof(path), "/sys/block/%s/size", entry->d_name);
		found = read_text(path, text, sizeof(text)) == 0 && strcmp(text, "0") != 0 &&
			snprintf(name, bytes, "%s", entry->d_name) < (int)bytes;
	}
	if (directory)
		closedir(directory);
	return found;
}

static int load(struct machine *machine, uint64_t bytes)
{
	char size[48], why[256];

	snprintf(size, sizeof(size), "dev_size_mb=%llu", (unsigned long long)(bytes >> 20));
	/* Nothing loads the driver of the disks where no udev runs. */
	if (run_program((const char *const[]){"modprobe", "sd_mod", NULL}, why, sizeof(why)) < 0)
		return machine_fail(machine, "modprobe sd_mod: %s", why);
	if (change_begin(machine, CHANGE(CHANGE_SCSI_DEBUG, VENDOR)) < 0)
		return -1;
	if (run_program((const char *const[]){"modprobe", MODULE, "inq_vendor=" VENDOR, "dif=1",
					      "dix=1", size, NULL},
			why, sizeof(why)) == 0)
		return 0;
	machine_fail(machine, "modprobe %s dif=1 dix=1 %s: %s", MODULE, size, why);
	if (!is_loaded())
		change_cancel(machine);
	return -1;
}

/* The block layer makes and checks the information only for a profile that it knows. */
static int check_protection(struct machine *machine, const char *disk)
{
	char path[128], text[64];

	snprintf(path, sizeof(path), "/sys/block/%.32s/integrity/format", disk);
	if (read_text(path, text, sizeof(text)) < 0)
		return machine_fail(machine,
				    "%s: %s; the block layer has no protection information (%s)",
				    path, strerror(errno), "CONFIG_BLK_DEV_INTEGRITY");
	if (strncmp(text, "T10-DIF-TYPE1", strlen("T10-DIF-TYPE1")) != 0)
		return machine_fail(machine, "%s is %s, not T10-DIF-TYPE1", path, text);
	return 0;
}

int machine_protected_disk(struct machine *machine, uint64_t bytes, char *device)
{
	struct patience patience = patience_of(DISK_LIMIT_MS);
	char name[32];

	if (is_loaded())
		return machine_fail(machine, "the module %s is in use already%s", MODULE,
				    is_ours() ? " (try: one +difdix file system a run)"
					      : " and is not ours (try: rmmod " MODULE ")");
	if (load(machine, bytes) < 0)
		return -1;
	while (!find_disk(name, sizeof(name))) {
		if (!patience_left(&patience))
			return machine_fail(machine, "%s is loaded, but no disk of it after %d s",
					    MODULE, DISK_LIMIT_MS / 1000);
	}
	if (check_protection(machine, name) < 0)
		return -1;
	return machine_device_node(machine, name, device, 64);
}

int undo_scsi_debug(struct machine *machine, const struct change *change)
{
	struct patience patience = patience_of(BUSY_LIMIT_MS);
	long result;

	if (!is_loaded() || !is_ours())
		return 0;
	do {
		result = syscall(SYS_delete_module, MODULE, O_NONBLOCK);
	} while (result < 0 && (errno == EAGAIN || errno == EBUSY) && patience_left(&patience));
	if (result == 0 || errno == ENOENT)
		return 0;
	return machine_fail(machine, "unloading %s: %s (try: rmmod %s)", MODULE, strerror(errno),
			    MODULE);
}
