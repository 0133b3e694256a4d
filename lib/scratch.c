// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scratch images: sparse files, formatted as files (which needs no device and writes little), put
 * on loop devices and mounted. All of it goes through the machine, which undoes it; what a power
 * cut leaves of an earlier scratch directory is known by a marker in it.
 */
#include "lib/scratch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/machine_private.h"

#define MARKER ".dirtypin-scratch"

enum { MKFS_ARGUMENTS = 32, DIRECTORY_LIMIT = 400 };

/* A directory of an earlier run whose journal is gone. The lock says that no run is alive, and
 * remove_tree() refuses where something is mounted. */
static int clear_leftover(struct machine *machine, const char *directory)
{
	char marker[PATH_MAX], path[PATH_MAX];
	struct stat stat;

	if (snprintf(marker, sizeof(marker), "%s/%s", directory, MARKER) >= (int)sizeof(marker))
		return machine_fail(machine, "%.64s...: the name is too long", directory);
	if (lstat(marker, &stat) < 0 || stat.st_uid != geteuid() || !realpath(directory, path))
		return 0;
	return remove_tree(path, machine->why, sizeof(machine->why));
}

/* The images are sparse; a device that finds no room below it turns into I/O errors, so all of them
 * must fit when they are full. */
static int check_room(struct scratch *scratch, uint64_t bytes, uint64_t *promised)
{
	struct statvfs room;
	uint64_t have;

	if (statvfs(scratch->directory, &room) < 0)
		return machine_fail(scratch->machine, "statvfs(%s): %s", scratch->directory,
				    strerror(errno));
	have = (uint64_t)room.f_bavail * room.f_frsize;
	if (have < *promised + bytes)
		return machine_fail(
			scratch->machine,
			"%s has %llu MiB left, the images up to this one may need %llu MiB "
			"(try: a scratch directory elsewhere, or fewer file systems)",
			scratch->directory, (unsigned long long)have >> 20,
			(unsigned long long)(*promised + bytes) >> 20);
	*promised += bytes;
	return 0;
}

static int make_filesystem(struct machine *machine, const struct filesystem *filesystem,
			   const char *device)
{
	const char *arguments[MKFS_ARGUMENTS] = {filesystem->program};
	unsigned count = 1;

	for (const char *const *word = filesystem->make; *word && count < MKFS_ARGUMENTS - 2;
	     word++)
		arguments[count++] = *word;
	arguments[count++] = device;
	return run_program(arguments, machine->why, sizeof(machine->why));
}

/* The block device of a mount, with a file system on it. What a layer keeps of its own on the image
 * leaves no room for a file system that was there first, so that one is made on top of it. */
static int make_device(struct scratch *scratch, struct mount *mount, uint64_t *promised)
{
	const struct filesystem *filesystem = mount->filesystem;
	const struct layer *layer = filesystem->layer;
	struct machine *machine = scratch->machine;

	if (!layer || !layer->is_disk) {
		snprintf(mount->image, sizeof(mount->image), "%.400s/%s.img", scratch->directory,
			 filesystem->name);
		if (check_room(scratch, filesystem->image_bytes, promised) < 0 ||
		    machine_image(machine, mount->image, filesystem->image_bytes) < 0 ||
		    (!layer && make_filesystem(machine, filesystem, mount->image) < 0) ||
		    machine_loop(machine, mount->image, mount->device) < 0)
			return -1;
	}
	if (!layer)
		return 0;
	if (layer->make(machine, filesystem->name, filesystem->image_bytes, mount->device) < 0)
		return -1;
	return make_filesystem(machine, filesystem, mount->device);
}

static const char *lacking(const struct filesystem *filesystem)
{
	const struct layer *layer = filesystem->layer;
	const char *lacks = filesystem->probe ? filesystem->probe() : NULL;

	return lacks || !layer ? lacks : layer->probe();
}

static int make_mount(struct scratch *scratch, struct mount *mount, uint64_t *promised)
{
	const struct filesystem *filesystem = mount->filesystem;
	struct machine *machine = scratch->machine;
	const char *lacks = lacking(filesystem);

	if (lacks)
		return machine_fail(machine, "%s", lacks);
	if (snprintf(mount->directory, sizeof(mount->directory), "%s/%s", scratch->directory,
		     filesystem->name) >= (int)sizeof(mount->directory))
		return machine_fail(machine, "%.64s...: the name is too long", scratch->directory);
	/* "none" needs a place for a stressor's files at most. */
	if (!filesystem->kernel_type && filesystem->direct_align == 0)
		return machine_directory(machine, mount->directory);
	if (!filesystem->kernel_type)
		return machine_fail(machine, "there is no image of %s (try: --dir DIRECTORY)",
				    filesystem->name);
	if (geteuid() != 0)
		return machine_fail(machine, "mounting needs root (try: --dir DIRECTORY)");
	if (filesystem->block_device && make_device(scratch, mount, promised) < 0)
		return -1;
	if (machine_directory(machine, mount->directory) < 0 ||
	    machine_mount(machine, mount->device[0] ? mount->device : "dirtypin", mount->directory,
			  filesystem->kernel_type, filesystem->mount_options) < 0)
		return -1;
	mount->ours = true;
	return 0;
}

int scratch_make(struct scratch *scratch, struct machine *machine, const char *directory,
		 const struct filesystem *const *list, unsigned count)
{
	char path[PATH_MAX], marker[PATH_MAX];
	uint64_t promised = 0;

	*scratch = (struct scratch){.machine = machine};
	if (clear_leftover(machine, directory) < 0 || machine_directory(machine, directory) < 0)
		return -1;
	if (!realpath(directory, path) ||
	    snprintf(scratch->directory, sizeof(scratch->directory), "%s", path) >
		    DIRECTORY_LIMIT ||
	    snprintf(marker, sizeof(marker), "%s/%s", scratch->directory, MARKER) >=
		    (int)sizeof(marker))
		return machine_fail(machine, "the scratch directory %.64s... has too long a name",
				    directory);
	if (machine_image(machine, marker, 0) < 0)
		return -1;
	for (unsigned i = 0; i < count && scratch->mounts < SCRATCH_MOUNTS; i++) {
		struct mount *mount = &scratch->mount[scratch->mounts++];
		unsigned mark = machine_mark(machine);

		*mount = (struct mount){.filesystem = list[i]};
		if (make_mount(scratch, mount, &promised) == 0)
			continue;
		snprintf(mount->missing, sizeof(mount->missing), "%s", machine->why);
		mount->device[0] = mount->image[0] = '\0';
		machine_rewind(machine, mark);
	}
	return 0;
}

struct mount *scratch_find(struct scratch *scratch, const struct filesystem *filesystem)
{
	for (unsigned i = 0; i < scratch->mounts; i++) {
		if (scratch->mount[i].filesystem == filesystem)
			return &scratch->mount[i];
	}
	return NULL;
}

struct mount *scratch_other(struct scratch *scratch, const struct mount *mount)
{
	unsigned first = (unsigned)(mount - scratch->mount);

	for (unsigned i = 1; i < scratch->mounts; i++) {
		struct mount *other = &scratch->mount[(first + i) % scratch->mounts];

		/* A plain directory is no other file system. */
		if (other->ours && !other->missing[0])
			return other;
	}
	return NULL;
}
