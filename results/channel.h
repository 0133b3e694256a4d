/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The result channel: a raw disk (or a file) through which a guest hands files to its host. It has
 * two slots, written in turn, so that the last message but one is whole while the next is written.
 * A message is a header, the archive and an end record that repeats the header. Both ends are this
 * same program on the same architecture; what the host reads is not trusted all the same, since the
 * kernel under test may lose what it wrote.
 */
#ifndef RESULTS_CHANNEL_H
#define RESULTS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHANNEL_NONCE_BYTES = 33, CHANNEL_RELEASE_BYTES = 128, CHANNEL_BLOCK_BYTES = 4096 };

struct channel_message {
	char nonce[CHANNEL_NONCE_BYTES]; /* of this boot: an older guest's message is not ours */
	uint32_t sequence;               /* from 1 on */
	bool end;                        /* the guest is done, and exit_code is its command's */
	uint32_t exit_code;
	char release[CHANNEL_RELEASE_BYTES]; /* uname -r of the guest */
};

/* How many bytes an archive may have on a channel. */
size_t channel_room(uint64_t channel_bytes);

/* Writes a message and waits until it is stored. 0, or -1 with one sentence. */
int channel_put(int fd, const struct channel_message *message, const char *archive, size_t length,
		char *why, size_t why_bytes);

/* Reads the newest whole message of the boot that nonce names; *archive is to be freed. 0, or -1
 * with one sentence: there is none, or the two slots contradict each other. */
int channel_get(int fd, const char *nonce, struct channel_message *message, char **archive,
		size_t *length, char *why, size_t why_bytes);

#endif
