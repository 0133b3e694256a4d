// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * btrfs numbers its space logically; a chunk says which stripes of which devices hold a run of it.
 * On one device, with the profiles single and dup, a chunk is one contiguous run (dup: two, and the
 * first is read). Anything else is left unknown rather than guessed.
 */
#include "lib/btrfs_map.h"

#include <endian.h>
#include <errno.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum { RESULT_BYTES = 65536 };

/* A fast fsync (since 5.10) logs the new extents and returns; the file's own extent items, which
 * FIEMAP reads, follow when the ordered extents finish, in a worker. Until then FIEMAP may name the
 * blocks of the previous generation. A commit waits for the ordered extents that were logged,
 * and neither starts nor waits for the writeback of dirty pages. */
int btrfs_map_settle(int fd)
{
	__u64 transaction = 0;

	if (ioctl(fd, BTRFS_IOC_START_SYNC, &transaction) ||
	    ioctl(fd, BTRFS_IOC_WAIT_SYNC, &transaction))
		return -errno;
	return 0;
}

static struct btrfs_map_chunk chunk_of(uint64_t logical, const struct btrfs_chunk *item,
				       bool one_device)
{
	uint64_t striped = BTRFS_BLOCK_GROUP_PROFILE_MASK & ~BTRFS_BLOCK_GROUP_DUP;

	return (struct btrfs_map_chunk){
		.logical = logical,
		.bytes = le64toh(item->length),
		.physical = le64toh(item->stripe.offset),
		.known = one_device && !(le64toh(item->type) & striped),
	};
}

static int add_chunks(struct btrfs_map *map, const struct btrfs_ioctl_search_args_v2 *search,
		      bool one_device, uint64_t *last)
{
	const uint8_t *at = (const uint8_t *)search->buf;
	struct btrfs_map_chunk *grown =
		realloc(map->chunk, (map->chunks + search->key.nr_items) * sizeof(map->chunk[0]));

	if (!grown)
		return -ENOMEM;
	map->chunk = grown;
	for (uint32_t i = 0; i < search->key.nr_items; i++) {
		struct btrfs_ioctl_search_header header;
		struct btrfs_chunk item;

		/* Neither is aligned in the buffer. */
		memcpy(&header, at, sizeof(header));
		memcpy(&item, at + sizeof(header), sizeof(item));
		map->chunk[map->chunks++] = chunk_of(header.offset, &item, one_device);
		*last = header.offset;
		at += sizeof(header) + header.len;
	}
	return 0;
}

int btrfs_map_load(struct btrfs_map *map, int fd, const char **call)
{
	struct btrfs_ioctl_search_args_v2 *search = malloc(sizeof(*search) + RESULT_BYTES);
	struct btrfs_ioctl_fs_info_args info = {0};
	uint64_t next = 0, last = 0;
	int error = 0;

	*map = (struct btrfs_map){0};
	*call = "malloc";
	if (!search)
		return -ENOMEM;
	*call = "ioctl BTRFS_IOC_FS_INFO";
	if (ioctl(fd, BTRFS_IOC_FS_INFO, &info))
		error = -errno;
	while (!error) {
		*search = (struct btrfs_ioctl_search_args_v2){
			.key = {.tree_id = BTRFS_CHUNK_TREE_OBJECTID,
				.min_objectid = BTRFS_FIRST_CHUNK_TREE_OBJECTID,
				.max_objectid = BTRFS_FIRST_CHUNK_TREE_OBJECTID,
				.min_type = BTRFS_CHUNK_ITEM_KEY,
				.max_type = BTRFS_CHUNK_ITEM_KEY,
				.min_offset = next,
				.max_offset = UINT64_MAX,
				.max_transid = UINT64_MAX,
				.nr_items = UINT32_MAX},
			.buf_size = RESULT_BYTES};
		*call = "ioctl BTRFS_IOC_TREE_SEARCH_V2";
		if (ioctl(fd, BTRFS_IOC_TREE_SEARCH_V2, search))
			error = -errno;
		else if (search->key.nr_items == 0)
			break;
		else
			error = add_chunks(map, search, info.num_devices == 1, &last);
		next = last + 1;
	}
	free(search);
	if (error)
		btrfs_map_free(map);
	return error;
}

uint64_t btrfs_map_find(const struct btrfs_map *map, uint64_t logical, uint64_t *physical,
			bool *known)
{
	for (size_t i = 0; i < map->chunks; i++) {
		const struct btrfs_map_chunk *chunk = &map->chunk[i];

		if (logical < chunk->logical || logical - chunk->logical >= chunk->bytes)
			continue;
		*physical = chunk->physical + (logical - chunk->logical);
		*known = chunk->known;
		return chunk->bytes - (logical - chunk->logical);
	}
	return 0;
}

void btrfs_map_free(struct btrfs_map *map)
{
	free(map->chunk);
	*map = (struct btrfs_map){0};
}
