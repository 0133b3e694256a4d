// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Facts of the file systems under test and the block devices below them. stable_writes decides
 * whether a page may change while it is under writeback, so it stands in every record of a run.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/tables.h"
#include "results/facts.h"
#include "results/json.h"
#include "results/program.h"

static json_t *queue_of(const char *device)
{
	static const char *const settings[] = {
		"stable_writes",
		"scheduler",
		"logical_block_size",
		"physical_block_size",
		"rotational",
		"write_cache",
		"fua",
		"max_sectors_kb",
		"max_segments",
		"nr_requests",
		"discard_max_bytes",
		"write_zeroes_max_bytes",
		"dma_alignment",
		"nomerges",
		"wbt_lat_usec",
		"zoned",
		"dax",
	};
	char directory[128], path[256];
	struct stat status;
	json_t *queue;

	/* By number: /dev/mapper/name is a link, and the name of a partition is no disk. */
	if (stat(device, &status) || !S_ISBLK(status.st_mode))
		return NULL;
	snprintf(directory, sizeof(directory), "/sys/dev/block/%u:%u", major(status.st_rdev),
		 minor(status.st_rdev));
	snprintf(path, sizeof(path), "%s/queue", directory);
	if (access(path, F_OK))
		snprintf(path, sizeof(path), "%s/../queue", directory);
	queue = json_object();
	for (unsigned i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		char file[512];

		snprintf(file, sizeof(file), "%s/%s", path, settings[i]);
		json_object_set_new(queue, settings[i], facts_setting(file));
	}
	/* Whether a loop device reads and writes its image with O_DIRECT. */
	snprintf(path, sizeof(path), "%s/loop/dio", directory);
	json_object_set_new(queue, "loop_direct_io", facts_setting(path));
	return queue;
}

/* mkfs -V: the version of the tools that made it. The file system itself is the kernel's. */
static json_t *tools_of(const char *name)
{
	const struct filesystem *filesystem = filesystem_find(name);
	char line[256];

	if (!filesystem || !filesystem->program ||
	    program_line((const char *const[]){filesystem->program, "-V", NULL}, -1, line,
			 sizeof(line)))
		return NULL;
	return json_text(line, sizeof(line));
}

json_t *facts_filesystems(const struct bundle_run *run)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < run->mounts; i++) {
		const struct bundle_mount *mount = &run->mount[i];
		json_t *one = json_object();

		json_object_set_new(one, "name", json_text(mount->filesystem, SIZE_MAX));
		json_object_set_new(one, "mount_options", json_text(mount->options, SIZE_MAX));
		json_object_set_new(one, "tools", tools_of(mount->filesystem));
		if (mount->device && *mount->device) {
			json_object_set_new(one, "device", json_text(mount->device, SIZE_MAX));
			json_object_set_new(one, "queue", queue_of(mount->device));
		}
		json_array_append_new(array, one);
	}
	return array;
}
