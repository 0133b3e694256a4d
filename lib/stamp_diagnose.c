// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the bytes of a slot are, once they are known not to be right. The slot is cut into runs of
 * words of one origin, each as long as it can be. Between two runs a word may be torn at any byte:
 * a prefix of the one and a suffix of the other. A word that is neither makes the slot scrambled.
 */
#include <string.h>

#include "lib/stamp_words.h"

/* The origin of the longest run from index on, or NULL. A body word names its own. */
static const struct stamp_origin *longest(struct stamp_reading *r, uint32_t index,
					  struct stamp_origin *decoded, uint32_t *words)
{
	const struct stamp_origin *best = NULL;

	*words = 0;
	for (uint32_t i = 0; i < r->origins; i++) {
		uint32_t run = stamp_run(r, &r->origin[i], index);

		if (run > *words) {
			*words = run;
			best = &r->origin[i];
		}
	}
	if (!best && index >= STAMP_HEADER_WORDS && stamp_decode(r, index, decoded)) {
		*words = stamp_run(r, decoded, index);
		best = decoded;
	}
	return best;
}

/* At which byte, from 1 to 7, the word at index turns from before to after; 0 if it does not. */
static uint32_t seam(const struct stamp_reading *r, uint32_t index,
		     const struct stamp_origin *before, const struct stamp_origin *after)
{
	uint64_t a = stamp_origin_word(before, index), b = stamp_origin_word(after, index);
	const uint8_t *bytes = r->slot + index * 8u;

	for (uint32_t byte = 1; byte < 8; byte++) {
		if (memcmp(bytes, &a, byte) == 0 &&
		    memcmp(bytes + byte, (const uint8_t *)&b + byte, 8 - byte) == 0)
			return byte;
	}
	return 0;
}

static void add_part(struct stamp_diagnosis *d, uint32_t first_byte, uint32_t bytes,
		     const struct stamp_origin *origin)
{
	struct stamp_part *last = d->part_count ? &d->parts[d->part_count - 1] : NULL;

	if (last && last->first_byte + last->bytes == first_byte && last->zeros == origin->zeros &&
	    (last->zeros || stamp_same_id(&last->id, &origin->id))) {
		last->bytes += bytes;
		return;
	}
	if (d->part_count < STAMP_PARTS)
		d->parts[d->part_count++] = (struct stamp_part){.first_byte = first_byte,
								.bytes = bytes,
								.zeros = origin->zeros,
								.id = origin->id};
}

/* The word at index belongs to nothing: finds the two that it is torn between. What comes after a
 * tear must go on in the next word, or a flipped byte would pass for one. */
static bool torn_word(const struct stamp_reading *r, uint32_t index,
		      const struct stamp_origin *before, struct stamp_origin *after,
		      struct stamp_diagnosis *d)
{
	struct stamp_origin candidates[STAMP_ORIGINS + 1];
	uint32_t count = r->origins, byte = 0;

	memcpy(candidates, r->origin, count * sizeof(candidates[0]));
	if (index + 1 < r->words && index + 1 >= STAMP_HEADER_WORDS &&
	    stamp_decode(r, index + 1, &candidates[count]))
		count++;
	for (uint32_t a = 0; a < (before ? 1 : count); a++) {
		const struct stamp_origin *first = before ? before : &candidates[a];

		for (uint32_t b = 0; b < count; b++) {
			if (index + 1 < r->words && stamp_run(r, &candidates[b], index + 1) == 0)
				continue;
			byte = seam(r, index, first, &candidates[b]);
			if (!byte)
				continue;
			add_part(d, index * 8, byte, first);
			add_part(d, index * 8 + byte, 8 - byte, &candidates[b]);
			*after = candidates[b];
			return true;
		}
	}
	return false;
}

/* Cuts the slot into parts; false if some word belongs to nothing. */
static bool cut(struct stamp_reading *r, struct stamp_diagnosis *d)
{
	struct stamp_origin decoded, held;
	const struct stamp_origin *last = NULL;

	for (uint32_t i = 0; i < r->words;) {
		uint32_t words;
		const struct stamp_origin *origin = longest(r, i, &decoded, &words);

		if (origin) {
			add_part(d, i * 8, words * 8, origin);
			held = *origin;
			i += words;
		} else {
			struct stamp_origin after;

			if (!torn_word(r, i, last, &after, d))
				return false;
			held = after;
			i++;
		}
		last = &held;
	}
	return true;
}

static void scrambled(const struct stamp_reading *r, struct stamp_diagnosis *d)
{
	const struct stamp_origin *measure = &r->origin[1];
	bool any = false;

	/* A header of other slots than these is no measure for this slot's bytes. */
	if (measure->id.slot_bytes != r->expected->slot_bytes && r->origins > 2)
		measure = &r->origin[2];
	memset(d, 0, sizeof(*d));
	d->state = STAMP_SCRAMBLED;
	d->found = measure->id;
	for (uint32_t i = 0; i < r->words * 8; i++) {
		uint64_t word = stamp_origin_word(measure, i / 8);

		if (r->slot[i] == ((const uint8_t *)&word)[i % 8])
			continue;
		d->last_bad_byte = i;
		if (!any)
			d->first_bad_byte = i;
		any = true;
	}
}

/* Smaller slots of another run, still lying there: as foreign as one whole slot of it. */
static bool is_foreign_run(const void *slot, const struct stamp_id *expected, struct stamp_id *id)
{
	return stamp_read_header(slot, id) && id->seed != expected->seed &&
	       id->slot_bytes >= STAMP_SLOT_MINIMUM_BYTES && id->slot_bytes % 8 == 0 &&
	       id->slot_bytes < expected->slot_bytes && stamp_check(slot, id);
}

void stamp_diagnose(const void *slot, const struct stamp_id *expected, uint32_t slots,
		    struct stamp_diagnosis *d)
{
	struct stamp_reading r = {.slot = slot,
				  .expected = expected,
				  .words = expected->slot_bytes / 8,
				  .slots = slots};

	memset(d, 0, sizeof(*d));
	if (is_foreign_run(slot, expected, &d->found)) {
		d->state = STAMP_WHOLE;
		return;
	}
	stamp_collect_origins(&r);
	if (!cut(&r, d)) {
		scrambled(&r, d);
		return;
	}
	d->found = d->parts[0].id;
	if (d->part_count > 1)
		d->state = STAMP_MIXED;
	else
		d->state = d->parts[0].zeros ? STAMP_ZEROS : STAMP_WHOLE;
}
