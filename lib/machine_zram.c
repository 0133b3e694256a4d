// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Swap on zram: memory that has to leave goes to a compressed copy in memory, so that reclaim of
 * anonymous and shmem pages happens on machines without a swap partition.
 */
#include "lib/machine_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#define ZRAM_CONTROL "/sys/class/zram-control"

/* Above what the machine may have, so that it is used first. */
enum { ZRAM_PRIORITY = 1000, ZRAM_LIST_BYTES = 1024 };

/* The first page of a swap area, as mkswap(8) writes it. */
struct swap_header {
	uint8_t boot[1024];
	uint32_t version, last_page, bad_pages;
	uint8_t uuid[16], label[16];
};
_Static_assert(sizeof(struct swap_header) == 1068, "the layout is the kernel's");

static void zram_file(unsigned number, const char *file, char *path, size_t bytes)
{
	snprintf(path, bytes, "/sys/block/zram%u/%s", number, file);
}

static bool is_unused(unsigned number)
{
	char path[64], text[32];

	zram_file(number, "disksize", path, sizeof(path));
	return read_text(path, text, sizeof(text)) == 0 && strcmp(text, "0") == 0;
}

/* Calls each with the number of every zram device; stops and returns it once that says true, else
 * returns -1. */
static int zram_each(bool (*each)(unsigned number, void *context), void *context)
{
	DIR *directory = opendir("/sys/block");
	struct dirent *entry;
	int found = -1;

	while (directory && found < 0 && (entry = readdir(directory))) {
		unsigned number;

		if (sscanf(entry->d_name, "zram%u", &number) == 1 && each(number, context))
			found = (int)number;
	}
	if (directory)
		closedir(directory);
	return found;
}

static bool add_to_list(unsigned number, void *context)
{
	char *list = context;
	size_t at = strlen(list);

	snprintf(list + at, ZRAM_LIST_BYTES - at, "%u,", number);
	return false;
}

static bool unused_and_unlisted(unsigned number, void *context)
{
	char word[16];

	snprintf(word, sizeof(word), ",%u,", number);
	return is_unused(number) && !strstr(context, word);
}

static bool unused(unsigned number, void *context)
{
	return is_unused(number);
}

/* Gets a device that nobody uses: a new one where the kernel can, else one that is there. */
static int take_device(struct machine *machine, unsigned *number)
{
	char list[ZRAM_LIST_BYTES] = ",", text[32], why[128];
	int found;

	/* Like one that mount(2) loads, the module stays. */
	if (access(ZRAM_CONTROL, F_OK) < 0)
		run_program((const char *const[]){"modprobe", "zram", NULL}, why, sizeof(why));
	zram_each(add_to_list, list);
	if (access(ZRAM_CONTROL "/hot_add", F_OK) == 0) {
		if (change_begin(machine, CHANGE(CHANGE_ZRAM_ADDED, list)) < 0)
			return -1;
		if (read_text(ZRAM_CONTROL "/hot_add", text, sizeof(text)) == 0) {
			*number = (unsigned)atoi(text);
			return change_amend(machine, CHANGE(CHANGE_ZRAM, text, "added"));
		}
		machine_fail(machine, "reading %s/hot_add: %s%s", ZRAM_CONTROL, strerror(errno),
			     geteuid() ? " (try: as root)" : "");
		change_cancel(machine);
		return -1;
	}
	found = zram_each(unused, NULL);
	if (found < 0)
		return machine_fail(machine,
				    "no zram device is free (try: modprobe zram, as root)");
	*number = (unsigned)found;
	snprintf(text, sizeof(text), "%d", found);
	return change_begin(machine, CHANGE(CHANGE_ZRAM, text, "found"));
}

static int write_header(struct machine *machine, const char *device, uint64_t bytes)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *page = calloc(1, page_bytes);
	struct swap_header header = {.version = 1};
	int fd = open(device, O_WRONLY | O_CLOEXEC), result = -1;

	header.last_page = (uint32_t)(bytes / page_bytes - 1);
	if (page) {
		memcpy(page, &header, sizeof(header));
		memcpy(page + page_bytes - 10, "SWAPSPACE2", 10);
	}
	if (page && fd >= 0 && write(fd, page, page_bytes) == (ssize_t)page_bytes)
		result = fsync(fd);
	if (result < 0)
		machine_fail(machine, "a swap header on %s: %s", device, strerror(errno));
	if (fd >= 0)
		close(fd);
	free(page);
	return result;
}

int machine_zram_swap(struct machine *machine, uint64_t bytes)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	char device[64], name[32], path[64], text[32];
	unsigned number = 0;

	bytes = (bytes + page_bytes - 1) / page_bytes * page_bytes;
	if (take_device(machine, &number) < 0)
		return -1;
	snprintf(name, sizeof(name), "zram%u", number);
	zram_file(number, "disksize", path, sizeof(path));
	snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
	if (write_text(path, text) < 0)
		return machine_fail(machine, "writing %s to %s: %s", text, path, strerror(errno));
	if (machine_device_node(machine, name, device, sizeof(device)) < 0 ||
	    write_header(machine, device, bytes) < 0)
		return -1;
	if (swapon(device, SWAP_FLAG_PREFER | ZRAM_PRIORITY) < 0)
		return machine_fail(machine, "swapon(%s): %s", device, strerror(errno));
	return 0;
}

/* Whoever looks at a new device (udev) holds it for a moment. */
static int write_patiently(struct machine *machine, const char *path, const char *text)
{
	struct patience patience = patience_of(BUSY_LIMIT_MS);

	while (write_text(path, text) < 0) {
		if (errno == ENODEV || errno == ENOENT)
			return 0;
		if (errno != EBUSY || !patience_left(&patience))
			return machine_fail(machine, "writing %s to %s: %s", text, path,
					    strerror(errno));
	}
	return 0;
}

int undo_zram(struct machine *machine, const struct change *change)
{
	unsigned number = (unsigned)atoi(change->word[0]);
	char device[64], path[64];

	zram_file(number, "reset", path, sizeof(path));
	if (access(path, F_OK) < 0)
		return 0;
	snprintf(device, sizeof(device), "/dev/zram%u", number);
	/* EINVAL: it is not, or not yet, a swap area in use. */
	if (swapoff(device) < 0 && errno != EINVAL && errno != ENOENT)
		return machine_fail(machine, "swapoff(%s): %s", device, strerror(errno));
	if (write_patiently(machine, path, "1") < 0)
		return -1;
	if (strcmp(change->word[1], "added") != 0)
		return 0;
	return write_patiently(machine, ZRAM_CONTROL "/hot_remove", change->word[0]);
}

/* The run ended before it could write down which device it got: one that was not there before and
 * that nobody has used. */
int undo_zram_added(struct machine *machine, const struct change *change)
{
	int number = zram_each(unused_and_unlisted, (void *)change->word[0]);
	char text[16];

	if (number < 0)
		return 0;
	snprintf(text, sizeof(text), "%d", number);
	return write_patiently(machine, ZRAM_CONTROL "/hot_remove", text);
}
