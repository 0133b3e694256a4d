// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages on a raw disk. The header is written last, after everything that it vouches for has been
 * flushed, so that a guest that dies in between leaves no message rather than half of one.
 */
#include "results/channel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { CHANNEL_VERSION = 1, SLOTS = 2, BLOCK = CHANNEL_BLOCK_BYTES };

static const char magic_start[8] = "DPSTART", magic_end[8] = "DPEND";

/* On disk, at the start of the first and of the last block of a message. */
struct mark {
	char magic[8];
	uint32_t version, sequence, end, exit_code;
	uint64_t channel_bytes, length, archive_hash;
	char nonce[CHANNEL_NONCE_BYTES], release[CHANNEL_RELEASE_BYTES];
	char padding[7];
	uint64_t hash; /* of all of the above */
};

_Static_assert(sizeof(struct mark) == 224, "no holes in what reaches the disk");

static uint64_t mark_hash(const struct mark *mark)
{
	return XXH3_64bits(mark, offsetof(struct mark, hash));
}

static uint64_t slot_bytes(uint64_t channel_bytes)
{
	return channel_bytes / SLOTS / BLOCK * BLOCK;
}

size_t channel_room(uint64_t channel_bytes)
{
	uint64_t slot = slot_bytes(channel_bytes);

	return slot < 3 * BLOCK ? 0 : slot - 2 * BLOCK;
}

static uint64_t rounded(uint64_t bytes)
{
	return (bytes + BLOCK - 1) / BLOCK * BLOCK;
}

static int size_of(int fd, uint64_t *bytes, char *why, size_t why_bytes)
{
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < 0) {
		snprintf(why, why_bytes, "the result channel cannot be read: %s", strerror(errno));
		return -1;
	}
	*bytes = (uint64_t)end;
	return 0;
}

/* --- writing --- */

static bool write_at(int fd, const void *bytes, size_t count, uint64_t offset)
{
	const char *at = bytes;

	while (count) {
		ssize_t written = pwrite(fd, at, count, (off_t)offset);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		at += written;
		offset += (uint64_t)written;
		count -= (size_t)written;
	}
	return true;
}

static bool write_mark(int fd, struct mark *mark, const char *magic, uint64_t offset)
{
	char block[BLOCK] = "";

	memcpy(mark->magic, magic, sizeof(mark->magic));
	mark->hash = mark_hash(mark);
	memcpy(block, mark, sizeof(*mark));
	return write_at(fd, block, sizeof(block), offset);
}

static bool write_message(int fd, struct mark *mark, const char *archive)
{
	uint64_t start = mark->sequence % SLOTS * slot_bytes(mark->channel_bytes);
	static const char nothing[BLOCK];

	return write_at(fd, nothing, BLOCK, start) && fsync(fd) == 0 &&
	       write_at(fd, archive, mark->length, start + BLOCK) &&
	       write_mark(fd, mark, magic_end, start + BLOCK + rounded(mark->length)) &&
	       fsync(fd) == 0 && write_mark(fd, mark, magic_start, start) && fsync(fd) == 0;
}

int channel_put(int fd, const struct channel_message *message, const char *archive, size_t length,
		char *why, size_t why_bytes)
{
	struct mark mark = {.version = CHANNEL_VERSION,
			    .sequence = message->sequence,
			    .end = message->end,
			    .exit_code = message->exit_code,
			    .length = length,
			    .archive_hash = XXH3_64bits(archive, length)};

	if (size_of(fd, &mark.channel_bytes, why, why_bytes))
		return -1;
	if (length > channel_room(mark.channel_bytes)) {
		snprintf(why, why_bytes, "%zu bytes do not fit into the result channel", length);
		return -1;
	}
	memcpy(mark.nonce, message->nonce, sizeof(mark.nonce));
	memcpy(mark.release, message->release, sizeof(mark.release));
	if (write_message(fd, &mark, archive))
		return 0;
	snprintf(why, why_bytes, "the result channel cannot be written: %s", strerror(errno));
	return -1;
}

/* --- reading --- */

static bool read_at(int fd, void *bytes, size_t count, uint64_t offset)
{
	char *at = bytes;

	while (count) {
		ssize_t got = pread(fd, at, count, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		offset += (uint64_t)got;
		count -= (size_t)got;
	}
	return true;
}

static bool mark_is_good(const struct mark *mark, const char *magic)
{
	return memcmp(mark->magic, magic, sizeof(mark->magic)) == 0 &&
	       mark->hash == mark_hash(mark) && mark->version == CHANNEL_VERSION &&
	       mark->end <= 1 && mark->exit_code <= 255 && !mark->nonce[sizeof(mark->nonce) - 1] &&
	       !mark->release[sizeof(mark->release) - 1];
}

/* A header is believed if it is ours, lies in the slot of its number, and its end record says the
 * same. */
static const char *objection(int fd, const struct mark *start, unsigned slot, const char *nonce,
			     uint64_t channel_bytes)
{
	uint64_t at = slot * slot_bytes(channel_bytes);
	struct mark end;

	if (!mark_is_good(start, magic_start))
		return "has no header";
	if (strcmp(start->nonce, nonce) != 0)
		return "is of another guest";
	if (start->channel_bytes != channel_bytes || !start->sequence ||
	    start->sequence % SLOTS != slot || start->length > channel_room(channel_bytes))
		return "does not belong where it lies";
	if (!read_at(fd, &end, sizeof(end), at + BLOCK + rounded(start->length)) ||
	    !mark_is_good(&end, magic_end))
		return "has no end record";
	memcpy(end.magic, start->magic, sizeof(end.magic));
	end.hash = start->hash;
	return memcmp(start, &end, sizeof(end)) ? "contradicts its end record" : NULL;
}

static const char *read_archive(int fd, const struct mark *mark, char **archive)
{
	uint64_t at = mark->sequence % SLOTS * slot_bytes(mark->channel_bytes) + BLOCK;

	*archive = malloc(mark->length + 1);
	if (!*archive)
		return "is too large for the memory here";
	if (read_at(fd, *archive, mark->length, at) &&
	    XXH3_64bits(*archive, mark->length) == mark->archive_hash)
		return NULL;
	free(*archive);
	*archive = NULL;
	return "is damaged";
}

/* What a slot has to say against being believed. */
struct slot {
	struct mark mark;
	const char *bad;
	char *archive;
};

static void read_slot(struct slot *slot, unsigned number, int fd, const char *nonce, uint64_t bytes)
{
	slot->archive = NULL;
	if (!read_at(fd, &slot->mark, sizeof(slot->mark), number * slot_bytes(bytes)))
		slot->bad = "cannot be read";
	else
		slot->bad = objection(fd, &slot->mark, number, nonce, bytes);
	if (!slot->bad)
		slot->bad = read_archive(fd, &slot->mark, &slot->archive);
}

static const struct slot *newest(const struct slot *slots)
{
	if (slots[0].bad || slots[1].bad)
		return slots[0].bad ? (slots[1].bad ? NULL : &slots[1]) : &slots[0];
	return slots[0].mark.sequence > slots[1].mark.sequence ? &slots[0] : &slots[1];
}

/* Nothing comes after an end, and whole messages follow each other without a gap. */
static bool slots_agree(const struct slot *slots)
{
	const struct slot *last = newest(slots), *before = &slots[last == &slots[0]];

	return before->bad ||
	       (last->mark.sequence == before->mark.sequence + 1 && !before->mark.end);
}

int channel_get(int fd, const char *nonce, struct channel_message *message, char **archive,
		size_t *length, char *why, size_t why_bytes)
{
	struct slot slots[SLOTS];
	const struct slot *last;
	uint64_t bytes;

	*archive = NULL;
	if (size_of(fd, &bytes, why, why_bytes))
		return -1;
	for (unsigned i = 0; i < SLOTS; i++)
		read_slot(&slots[i], i, fd, nonce, bytes);
	last = newest(slots);
	if (!last) {
		snprintf(why, why_bytes,
			 "no whole message on the result channel: the first %s, the second %s",
			 slots[1].bad, slots[0].bad);
	} else if (!slots_agree(slots)) {
		snprintf(why, why_bytes,
			 "the messages on the result channel contradict each other: numbers %u and "
			 "%u",
			 slots[0].mark.sequence, slots[1].mark.sequence);
		last = NULL;
	}
	for (unsigned i = 0; i < SLOTS; i++) {
		if (&slots[i] != last)
			free(slots[i].archive);
	}
	if (!last)
		return -1;
	*message = (struct channel_message){.sequence = last->mark.sequence,
					    .end = last->mark.end,
					    .exit_code = last->mark.exit_code};
	memcpy(message->nonce, last->mark.nonce, sizeof(message->nonce));
	memcpy(message->release, last->mark.release, sizeof(message->release));
	*archive = last->archive;
	*length = last->mark.length;
	return 0;
}
