/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words that a stamp is made of, for its diagnosis; all others use lib/stamp.h.
 */
#ifndef LIB_STAMP_WORDS_H
#define LIB_STAMP_WORDS_H

#include "lib/stamp.h"

#define STAMP_STEP 0x9e3779b97f4a7c15ull

enum {
	STAMP_HEADER_WORDS = STAMP_SLOT_MINIMUM_BYTES / 8,
	STAMP_KEY_WORD = 5,   /* of the header: the key itself */
	STAMP_CODED_WORD = 6, /* of the header: what a body would have there */
};

/* Word i of a body is stamp_key(id) + i * STAMP_STEP. */
uint64_t stamp_key(const struct stamp_id *id);

/* The only id under seed that has this key, which may be one that nobody ever wrote. */
struct stamp_id stamp_id_of_key(uint64_t key, uint64_t seed, uint32_t slot_bytes);

/* Writes the STAMP_HEADER_WORDS words of the header of id. */
void stamp_header_words(const struct stamp_id *id, uint64_t *words);

enum { STAMP_ORIGINS = 6 }; /* zeros, the valid header, the body, two keys, the expected */

/* Where words come from: zeros, or a stamp. */
struct stamp_origin {
	bool zeros;
	struct stamp_id id;
	uint64_t key;
	uint64_t header[STAMP_HEADER_WORDS];
};

/* A slot that is being diagnosed, and the origins that it names. */
struct stamp_reading {
	const uint8_t *slot;
	const struct stamp_id *expected;
	uint32_t words, slots;
	uint64_t seed; /* of a valid header, else the expected one */
	struct stamp_origin origin[STAMP_ORIGINS];
	uint32_t origins;
};

uint64_t stamp_word_at(const struct stamp_reading *reading, uint32_t index);
uint64_t stamp_origin_word(const struct stamp_origin *origin, uint32_t index);
bool stamp_same_id(const struct stamp_id *a, const struct stamp_id *b);

/* How many words from index on are those of origin. */
uint32_t stamp_run(const struct stamp_reading *reading, const struct stamp_origin *origin,
		   uint32_t index);

/* Decodes the body word at index. Returns false if it is no plausible stamp's. */
bool stamp_decode(const struct stamp_reading *reading, uint32_t index, struct stamp_origin *origin);

/* Fills reading->origin from slot, expected, words and slots. */
void stamp_collect_origins(struct stamp_reading *reading);

#endif
