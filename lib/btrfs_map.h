/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where on the device the logical addresses of a btrfs are: its chunk tree.
 */
#ifndef LIB_BTRFS_MAP_H
#define LIB_BTRFS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btrfs_map_chunk {
	uint64_t logical, bytes, physical;
	bool known; /* on the one device of the file system, and not striped */
};

struct btrfs_map {
	struct btrfs_map_chunk *chunk; /* in logical order */
	size_t chunks;
};

/* Waits until FIEMAP on fd names what the last fsync wrote; writes no data. 0, or -errno. */
int btrfs_map_settle(int fd);

/* Reads the chunk tree of the file system that fd lies on. 0, or -errno: EPERM without
 * CAP_SYS_ADMIN. *call names the call that failed. */
int btrfs_map_load(struct btrfs_map *map, int fd, const char **call);

/* Translates logical. Returns how many bytes from there on lie side by side on the device at
 * *physical; *known says whether that can be told. 0: no chunk covers it. */
uint64_t btrfs_map_find(const struct btrfs_map *map, uint64_t logical, uint64_t *physical,
			bool *known);

void btrfs_map_free(struct btrfs_map *map);

#endif
