// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file systems: how a small image of each is made quickly, how it is mounted, and what it
 * promises. Nothing is left to be initialised in the background: lazily zeroed inode tables would
 * be writeback that no case asked for.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/machine.h"
#include "lib/tables.h"

#define MIB(n) ((uint64_t)(n) << 20)

/* Whether a line of the file at path has word (followed by any of ends). */
static bool file_names(const char *path, const char *word, const char *ends)
{
	char line[4096];
	bool found = false;
	FILE *file = fopen(path, "re");

	while (file && !found && fgets(line, sizeof(line), file)) {
		const char *at = strstr(line, word);

		found = at && at[strlen(word)] && strchr(ends, at[strlen(word)]);
	}
	if (file)
		fclose(file);
	return found;
}

/* Built in, loaded, or a module that mount(2) will load. */
static bool kernel_has(const char *type)
{
	char path[256], word[64];
	struct utsname kernel;

	snprintf(word, sizeof(word), "\t%s", type);
	if (file_names("/proc/filesystems", word, "\n"))
		return true;
	if (uname(&kernel) < 0)
		return false;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", kernel.release);
	snprintf(word, sizeof(word), "/%s.ko", type);
	return file_names(path, word, ".:");
}

static const char *probe_ext4(void)
{
	return kernel_has("ext4") ? NULL : "the kernel has no ext4 (try: modprobe ext4)";
}

static const char *probe_xfs(void)
{
	return kernel_has("xfs") ? NULL : "the kernel has no xfs (try: modprobe xfs)";
}

static const char *probe_btrfs(void)
{
	return kernel_has("btrfs") ? NULL : "the kernel has no btrfs (try: modprobe btrfs)";
}

static const char *probe_tmpfs(void)
{
	return kernel_has("tmpfs") ? NULL : "the kernel has no tmpfs (CONFIG_TMPFS)";
}

/* Few inodes: their table is zeroed at once. */
static const char *const make_ext4[] = {
	"-q", "-F",   "-b", "4096",
	"-N", "4096", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0",
	NULL};

/* All data goes through the journal, so it gets room for some. */
static const char *const make_ext4_journal[] = {
	"-q",   "-F", "-b",      "4096", "-N",
	"4096", "-J", "size=16", "-E",   "nodiscard,lazy_itable_init=0,lazy_journal_init=0",
	NULL};

/* -K: no discard of an image that is all holes. */
static const char *const make_xfs[] = {"-q", "-f", "-K", NULL};

/* One copy of everything: a second one would hide a bad block. */
static const char *const make_btrfs[] = {"-q", "-f", "-K", "-m", "single", "-d", "single", NULL};

FILESYSTEM(ext4) = {
	.name = "ext4",
	.summary = "ext4 with ordered data, the default",
	.block_device = true,
	.freezes = true,
	.direct_align = 512,
	.image_bytes = MIB(128),
	.program = "mkfs.ext4",
	.make = make_ext4,
	.kernel_type = "ext4",
	.mount_options = "noatime,nodev,nosuid",
	.probe = probe_ext4,
};

/* With data=journal ext4 takes O_DIRECT and goes through the page cache all the same. */
FILESYSTEM(ext4_journal) = {
	.name = "ext4_journal",
	.summary = "ext4 with data=journal: data is written to the journal first",
	.block_device = true,
	.journalled_data = true,
	.freezes = true,
	.direct_align = 0,
	.image_bytes = MIB(128),
	.program = "mkfs.ext4",
	.make = make_ext4_journal,
	.kernel_type = "ext4",
	.mount_options = "noatime,nodev,nosuid,data=journal",
	.probe = probe_ext4,
};

FILESYSTEM(xfs) = {
	.name = "xfs",
	.summary = "xfs with its defaults",
	.block_device = true,
	.reflink = true,
	.freezes = true,
	.direct_align = 512,
	/* mkfs.xfs refuses less than 300 MB. */
	.image_bytes = MIB(320),
	.program = "mkfs.xfs",
	.make = make_xfs,
	.kernel_type = "xfs",
	.mount_options = "noatime,nodev,nosuid",
	.probe = probe_xfs,
};

/* Since 968f19c5b1b7 ("btrfs: always fallback to buffered write if the inode requires checksum")
 * O_DIRECT writes with checksums are buffered; reads still reach the device. nodiscard: it would
 * discard what is freed in the background, from 6.2 on by itself. */
FILESYSTEM(btrfs) = {
	.name = "btrfs",
	.summary = "btrfs with data checksums",
	.block_device = true,
	.checksummed = true,
	.logical_fiemap = true,
	.reflink = true,
	.freezes = true,
	.direct_align = 4096,
	.image_bytes = MIB(1024),
	.program = "mkfs.btrfs",
	.make = make_btrfs,
	.kernel_type = "btrfs",
	.mount_options = "noatime,nodev,nosuid,nodiscard",
	.probe = probe_btrfs,
};

FILESYSTEM(btrfs_nodatasum) = {
	.name = "btrfs_nodatasum",
	.summary = "btrfs without data checksums, still copying on write",
	.block_device = true,
	.logical_fiemap = true,
	.reflink = true,
	.freezes = true,
	.direct_align = 4096,
	.image_bytes = MIB(1024),
	.program = "mkfs.btrfs",
	.make = make_btrfs,
	.kernel_type = "btrfs",
	.mount_options = "noatime,nodev,nosuid,nodiscard,nodatasum",
	.probe = probe_btrfs,
};

FILESYSTEM(tmpfs) = {
	.name = "tmpfs",
	.summary = "tmpfs: files that are memory, with nothing to write back to but swap",
	.image_bytes = MIB(128),
	.kernel_type = "tmpfs",
	.mount_options = "noatime,nodev,nosuid,size=128m",
	.probe = probe_tmpfs,
};

FILESYSTEM(none) = {
	.name = "none",
	.summary = "no file at all: memory to memory",
};

/* Direct I/O is refused by some and buffered by others; 4096 is what the rest agree on. */
FILESYSTEM(other) = {
	.name = "other",
	.summary = "any other file system, found under --dir",
	.direct_align = 4096,
};
