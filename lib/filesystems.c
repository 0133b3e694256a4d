// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The file systems: how a small image of each is made quickly, how it is mounted, and what it
 * promises. Nothing is left to be initialised in the background: lazily zeroed inode tables would
 * be writeback that no case asked for. Some are there once more on each of the block layers.
 */
#include <stddef.h>

#include "lib/kernel_has.h"
#include "lib/layers.h"

#define MIB(n) ((uint64_t)(n) << 20)

static const char *probe_ext4(void)
{
	return kernel_has_filesystem("ext4") ? NULL : "the kernel has no ext4 (try: modprobe ext4)";
}

static const char *probe_xfs(void)
{
	return kernel_has_filesystem("xfs") ? NULL : "the kernel has no xfs (try: modprobe xfs)";
}

static const char *probe_btrfs(void)
{
	return kernel_has_filesystem("btrfs") ? NULL
					      : "the kernel has no btrfs (try: modprobe btrfs)";
}

static const char *probe_f2fs(void)
{
	return kernel_has_filesystem("f2fs") ? NULL : "the kernel has no f2fs (try: modprobe f2fs)";
}

static const char *probe_tmpfs(void)
{
	return kernel_has_filesystem("tmpfs") ? NULL : "the kernel has no tmpfs (CONFIG_TMPFS)";
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

/* -t 0: no discard of the image. */
static const char *const make_f2fs[] = {"-q", "-f", "-t", "0", NULL};

#define EXT4                                                                                       \
	.block_device = true, .freezes = true, .direct_align = 512, .image_bytes = MIB(128),       \
	.program = "mkfs.ext4", .make = make_ext4, .kernel_type = "ext4",                          \
	.mount_options = "noatime,nodev,nosuid", .probe = probe_ext4

FILESYSTEM(ext4) = {
	.name = "ext4",
	.summary = "ext4 with ordered data, the default",
	EXT4,
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

/* mkfs.xfs refuses less than 300 MB. */
#define XFS                                                                                        \
	.block_device = true, .reflink = true, .freezes = true, .direct_align = 512,               \
	.image_bytes = MIB(320), .program = "mkfs.xfs", .make = make_xfs, .kernel_type = "xfs",    \
	.mount_options = "noatime,nodev,nosuid", .probe = probe_xfs

FILESYSTEM(xfs) = {
	.name = "xfs",
	.summary = "xfs with its defaults",
	XFS,
};

/* Since 968f19c5b1b7 ("btrfs: always fallback to buffered write if the inode requires checksum")
 * O_DIRECT writes with checksums are buffered; reads still reach the device. nodiscard: it would
 * discard what is freed in the background, from 6.2 on by itself. */
#define BTRFS                                                                                      \
	.block_device = true, .checksummed = true, .logical_fiemap = true, .reflink = true,        \
	.freezes = true, .direct_align = 4096, .image_bytes = MIB(1024), .program = "mkfs.btrfs",  \
	.make = make_btrfs, .kernel_type = "btrfs",                                                \
	.mount_options = "noatime,nodev,nosuid,nodiscard", .probe = probe_btrfs

FILESYSTEM(btrfs) = {
	.name = "btrfs",
	.summary = "btrfs with data checksums",
	BTRFS,
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

/* Data is written to new blocks and found by FIEMAP, but O_DIRECT writes in place. Without
 * background garbage collection, which moves blocks whenever it likes. */
#define F2FS                                                                                       \
	.block_device = true, .freezes = true, .direct_align = 4096, .image_bytes = MIB(256),      \
	.program = "mkfs.f2fs", .make = make_f2fs, .kernel_type = "f2fs",                          \
	.mount_options = "noatime,nodev,nosuid,background_gc=off,nodiscard", .probe = probe_f2fs

FILESYSTEM(f2fs) = {
	.name = "f2fs",
	.summary = "f2fs, which writes to a log",
	F2FS,
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

/* --- on block layers --- */

#define ON_LAYER(word, on, words, ...)                                                             \
	FILESYSTEM_ON(word, on) = {                                                                \
		.name = #word "+" #on,                                                             \
		.summary = #word " on " words,                                                     \
		.layer = &layer_##on,                                                              \
		__VA_ARGS__,                                                                       \
	}

#define ON_ALL_LAYERS(word, ...)                                                                   \
	ON_LAYER(word, delay, "a device whose writes are slow", __VA_ARGS__);                      \
	ON_LAYER(word, delay_stable, "a slow device that asks for stable pages", __VA_ARGS__);     \
	ON_LAYER(word, integrity, "a device with a checksum for each sector", __VA_ARGS__);        \
	ON_LAYER(word, difdix, "a disk that checks protection information", __VA_ARGS__)

ON_ALL_LAYERS(ext4, EXT4);
ON_ALL_LAYERS(xfs, XFS);
ON_ALL_LAYERS(btrfs, BTRFS);
ON_ALL_LAYERS(f2fs, F2FS);
