// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where bench --self keeps its files: for root on images of its own, else in directories that are
 * there.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/arguments.h"
#include "front/self.h"

#define MEMORY_DIRECTORY "/dev/shm"
#define DISK_DIRECTORY   "/var/tmp"
#define IMAGE_BYTES      (512ull << 20)

static void take_mount(struct self_place *place, struct scratch *scratch, struct mount *mount)
{
	place->scratch = scratch;
	snprintf(place->missing, sizeof(place->missing), "%s", mount->missing);
	if (!mount->missing[0])
		place->mount = mount;
}

/* Images that are larger than those of cases, so that ours and fio's file fit side by side. */
static int make_images(struct self *self, char *why, size_t why_bytes)
{
	const struct filesystem *tmpfs = filesystem_find("tmpfs"), *ext4 = filesystem_find("ext4");
	const struct filesystem *list[] = {&self->tables[0], &self->tables[1]};
	struct scratch *scratch = &self->scratch;
	const char *directory = getenv("DIRTYPIN_SCRATCH");

	if (!directory || !directory[0])
		directory = argument_find("scratch")->preset;
	if (machine_open(&self->machine) < 0) {
		snprintf(why, why_bytes, "%s", self->machine.why);
		return -1;
	}
	self->machine_open = true;
	self->runner.machine = &self->machine;
	self->tables[0] = *tmpfs;
	self->tables[1] = *ext4;
	self->tables[1].image_bytes = IMAGE_BYTES;
	if (scratch_make(scratch, &self->machine, directory, list, 2)) {
		snprintf(why, why_bytes, "%s", self->machine.why);
		return -1;
	}
	take_mount(&self->tmpfs, scratch, &scratch->mount[0]);
	take_mount(&self->disk, scratch, &scratch->mount[1]);
	return 0;
}

static int use_directories(struct self *self, const char *directory, char *why, size_t why_bytes)
{
	struct mount *memory = &self->memory.mount[0], *disk = &self->scratch.mount[0];
	const char *temporary = getenv("TMPDIR");

	if (!directory)
		directory = temporary && temporary[0] ? temporary : DISK_DIRECTORY;
	if (scratch_use(&self->scratch, NULL, directory)) {
		snprintf(why, why_bytes, "%s", disk->missing);
		return -1;
	}
	take_mount(&self->disk, &self->scratch, disk);
	if (!disk->filesystem->direct_align) {
		self->disk.mount = NULL;
		snprintf(self->disk.missing, sizeof(self->disk.missing),
			 "%.400s is on %s, where O_DIRECT reaches no device (try: --dir DIR)",
			 directory, disk->filesystem->name);
	}
	scratch_use(&self->memory, NULL, MEMORY_DIRECTORY);
	take_mount(&self->tmpfs, &self->memory, memory);
	if (self->tmpfs.mount && strcmp(memory->filesystem->name, "tmpfs") != 0) {
		self->tmpfs.mount = NULL;
		snprintf(self->tmpfs.missing, sizeof(self->tmpfs.missing), "%s is no tmpfs",
			 MEMORY_DIRECTORY);
	}
	return 0;
}

int self_places_open(struct self *self, const char *directory, char *why, size_t why_bytes)
{
	if (directory || geteuid() != 0)
		return use_directories(self, directory, why, why_bytes);
	return make_images(self, why, why_bytes);
}

int self_places_close(struct self *self, char *why, size_t why_bytes)
{
	scratch_close(&self->scratch);
	scratch_close(&self->memory);
	if (!self->machine_open || machine_close(&self->machine) == 0)
		return 0;
	snprintf(why, why_bytes, "not everything could be restored: %s (the next run tries again)",
		 self->machine.why);
	return -1;
}
