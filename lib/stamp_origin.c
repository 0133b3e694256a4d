// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The origins that the bytes of a bad slot name. A header names its stamp by its checksum, or, when
 * it is torn, by its key; a body word by the bijection behind its key. Any 64 bits decode to some
 * id, so a lone word only counts as evidence for a stamp of this very slot; for another slot two
 * neighbours must agree.
 */
#include <string.h>

#include "lib/stamp_words.h"

/* A lone word may name a generation that is this much ahead of the expected one. */
enum { CLOSE_GENERATIONS = 4096 };

uint64_t stamp_word_at(const struct stamp_reading *r, uint32_t index)
{
	uint64_t word;

	memcpy(&word, r->slot + index * 8u, sizeof(word));
	return word;
}

uint64_t stamp_origin_word(const struct stamp_origin *origin, uint32_t index)
{
	if (origin->zeros)
		return 0;
	return index < STAMP_HEADER_WORDS ? origin->header[index]
					  : origin->key + index * STAMP_STEP;
}

static struct stamp_origin origin_of(const struct stamp_id *id)
{
	struct stamp_origin origin = {.id = *id, .key = stamp_key(id)};

	stamp_header_words(id, origin.header);
	return origin;
}

bool stamp_same_id(const struct stamp_id *a, const struct stamp_id *b)
{
	return a->slot == b->slot && a->generation == b->generation && a->writer == b->writer &&
	       a->file == b->file && a->seed == b->seed && a->slot_bytes == b->slot_bytes;
}

/* How many words from index on are those of origin. */
uint32_t stamp_run(const struct stamp_reading *r, const struct stamp_origin *origin, uint32_t index)
{
	uint32_t first = index;

	while (index < r->words && stamp_word_at(r, index) == stamp_origin_word(origin, index))
		index++;
	return index - first;
}

/* Whether id, which agreeing words name, is the origin of bytes rather than an accident. */
static bool plausible(const struct stamp_reading *r, const struct stamp_id *id, uint32_t agreeing)
{
	const struct stamp_id *expected = r->expected;

	if (id->generation == 0 || id->slot >= r->slots)
		return false;
	return agreeing > 1 || (id->slot == expected->slot && id->file == expected->file &&
				id->generation <= expected->generation + CLOSE_GENERATIONS);
}

/* Decodes the body word at index under each seed in question. */
bool stamp_decode(const struct stamp_reading *r, uint32_t index, struct stamp_origin *origin)
{
	const uint64_t seeds[] = {r->expected->seed, r->seed};
	uint64_t key = stamp_word_at(r, index) - index * STAMP_STEP;

	for (uint32_t i = 0; i < 2; i++) {
		struct stamp_id id = stamp_id_of_key(key, seeds[i], r->expected->slot_bytes);

		*origin = (struct stamp_origin){.id = id, .key = key};
		if (plausible(r, &id, stamp_run(r, origin, index))) {
			*origin = origin_of(&id);
			return true;
		}
	}
	return false;
}

static void add_origin(struct stamp_reading *r, const struct stamp_id *id)
{
	for (uint32_t i = 1; i < r->origins; i++) {
		if (stamp_same_id(&r->origin[i].id, id))
			return;
	}
	r->origin[r->origins++] = origin_of(id);
}

/* The stamp that the longest run of the body belongs to. */
static void add_majority(struct stamp_reading *r)
{
	struct stamp_origin best = {0}, each;
	uint32_t best_words = 0, words = 1;

	for (uint32_t i = STAMP_HEADER_WORDS; i < r->words; i += words) {
		words = 1;
		if (!stamp_decode(r, i, &each))
			continue;
		words = stamp_run(r, &each, i);
		if (words > best_words) {
			best_words = words;
			best = each;
		}
	}
	if (best_words)
		add_origin(r, &best.id);
}

/* A torn header may still hold its key, plainly and coded like a body word. */
static void add_keys(struct stamp_reading *r)
{
	const struct stamp_id *expected = r->expected;
	uint64_t keys[] = {stamp_word_at(r, STAMP_KEY_WORD),
			   stamp_word_at(r, STAMP_CODED_WORD) - STAMP_CODED_WORD * STAMP_STEP};

	for (uint32_t i = 0; i < 2; i++) {
		struct stamp_id id = stamp_id_of_key(keys[i], expected->seed, expected->slot_bytes);

		if (plausible(r, &id, keys[0] == keys[1] ? 2 : 1))
			add_origin(r, &id);
	}
}

void stamp_collect_origins(struct stamp_reading *r)
{
	struct stamp_id id;

	r->origin[0] = (struct stamp_origin){.zeros = true, .id = *r->expected};
	r->origins = 1;
	r->seed = r->expected->seed;
	if (stamp_read_header(r->slot, &id)) {
		r->seed = id.seed;
		add_origin(r, &id);
	}
	add_majority(r);
	add_keys(r);
	add_origin(r, r->expected);
}
