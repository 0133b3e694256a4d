// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Filling and checking stamps. The body is plain arithmetic that the compiler turns into vector
 * code, one clone per instruction set, chosen when the program is loaded.
 */
#include "lib/stamp.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define STAMP_MAGIC 0x31706d6174737064ull /* "dpstamp1" in little endian */
#define STAMP_STEP  0x9e3779b97f4a7c15ull

enum { HEADER_WORDS = STAMP_SLOT_MINIMUM_BYTES / 8 };

struct stamp_header {
	uint64_t magic;
	uint64_t seed;
	uint64_t offset_bytes;
	uint32_t generation;
	uint32_t slot_bytes;
	uint32_t slot;
	uint16_t writer;
	uint16_t file;
	uint64_t key;
	uint64_t coded; /* the word that a body would have at this index */
	uint64_t checksum;
};

_Static_assert(sizeof(struct stamp_header) == STAMP_SLOT_MINIMUM_BYTES, "the header is 64 bytes");

/* ifunc resolvers run before a sanitizer's runtime is up. */
#if defined(__x86_64__) && !defined(DIRTYPIN_SANITIZED)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CLONES
#endif

/* The finaliser of splitmix64: a bijection of 64 bits (Steele, Lea, Flood, 2014). */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

static uint64_t unmix(uint64_t x)
{
	x ^= (x >> 31) ^ (x >> 62);
	x *= 0x319642b2d24d8ec3ull;
	x ^= (x >> 27) ^ (x >> 54);
	x *= 0x96de1b173f119089ull;
	return x ^ (x >> 30) ^ (x >> 60);
}

static uint64_t key_of(const struct stamp_id *id)
{
	uint64_t packed = (uint64_t)(id->generation % STAMP_GENERATION_LIMIT) << 36 |
			  (uint64_t)(id->slot % STAMP_SLOT_LIMIT) << 12 |
			  (uint64_t)(id->writer % STAMP_WRITER_LIMIT) << 4 |
			  id->file % STAMP_FILE_LIMIT;

	return mix(packed ^ mix(id->seed + STAMP_STEP));
}

static struct stamp_id id_of_key(uint64_t key, const struct stamp_id *like)
{
	uint64_t packed = unmix(key) ^ mix(like->seed + STAMP_STEP);

	return (struct stamp_id){
		.seed = like->seed,
		.slot_bytes = like->slot_bytes,
		.generation = packed >> 36,
		.slot = packed >> 12 & (STAMP_SLOT_LIMIT - 1),
		.writer = packed >> 4 & (STAMP_WRITER_LIMIT - 1),
		.file = packed & (STAMP_FILE_LIMIT - 1),
	};
}

CLONES static void fill_body(uint64_t *words, uint64_t key, uint32_t count)
{
	for (uint32_t i = HEADER_WORDS; i < count; i++)
		words[i] = key + i * STAMP_STEP;
}

CLONES static uint64_t body_difference(const uint64_t *words, uint64_t key, uint32_t count)
{
	uint64_t difference = 0;

	for (uint32_t i = HEADER_WORDS; i < count; i++)
		difference |= words[i] ^ (key + i * STAMP_STEP);
	return difference;
}

static struct stamp_header header_of(const struct stamp_id *id)
{
	uint64_t key = key_of(id);
	struct stamp_header header = {
		.magic = STAMP_MAGIC,
		.seed = id->seed,
		.offset_bytes = (uint64_t)id->slot * id->slot_bytes,
		.generation = id->generation,
		.slot_bytes = id->slot_bytes,
		.slot = id->slot,
		.writer = id->writer,
		.file = id->file,
		.key = key,
		.coded = key + 6 * STAMP_STEP,
	};

	header.checksum = XXH3_64bits(&header, offsetof(struct stamp_header, checksum));
	return header;
}

void stamp_fill(void *slot, const struct stamp_id *id)
{
	struct stamp_header header = header_of(id);

	memcpy(slot, &header, sizeof(header));
	fill_body(slot, header.key, id->slot_bytes / 8);
}

bool stamp_check(const void *slot, const struct stamp_id *id)
{
	struct stamp_header header = header_of(id);

	return memcmp(slot, &header, sizeof(header)) == 0 &&
	       body_difference(slot, header.key, id->slot_bytes / 8) == 0;
}

void stamp_fill_run(void *slots, const struct stamp_id *id, uint32_t count)
{
	struct stamp_id each = *id;

	for (uint32_t i = 0; i < count; i++, each.slot++)
		stamp_fill((uint8_t *)slots + (size_t)i * id->slot_bytes, &each);
}

uint32_t stamp_check_run(const void *slots, const struct stamp_id *id, uint32_t count)
{
	struct stamp_id each = *id;
	uint32_t good = 0;

	for (uint32_t i = 0; i < count; i++, each.slot++)
		good += stamp_check((const uint8_t *)slots + (size_t)i * id->slot_bytes, &each);
	return good;
}

bool stamp_read_header(const void *slot, struct stamp_id *id)
{
	struct stamp_header header;

	memcpy(&header, slot, sizeof(header));
	if (header.magic != STAMP_MAGIC ||
	    header.checksum != XXH3_64bits(&header, offsetof(struct stamp_header, checksum)))
		return false;
	*id = (struct stamp_id){
		.seed = header.seed,
		.slot = header.slot,
		.generation = header.generation,
		.slot_bytes = header.slot_bytes,
		.writer = header.writer,
		.file = header.file,
	};
	return true;
}

/* --- what the bytes of a slot are, once they are known not to be right --- */

static uint64_t word_at(const void *slot, uint32_t index)
{
	uint64_t word;

	memcpy(&word, (const uint8_t *)slot + index * 8u, sizeof(word));
	return word;
}

/* The word that the stamp of id has at index. */
static uint64_t stamp_word(const struct stamp_id *id, uint32_t index)
{
	if (index < HEADER_WORDS) {
		struct stamp_header header = header_of(id);

		return word_at(&header, index);
	}
	return key_of(id) + index * STAMP_STEP;
}

static bool same_part(const struct stamp_part *part, bool zeros, const struct stamp_id *id)
{
	return part->zeros == zeros &&
	       (zeros || (part->id.slot == id->slot && part->id.generation == id->generation &&
			  part->id.writer == id->writer && part->id.file == id->file &&
			  part->id.seed == id->seed));
}

static void add_part(struct stamp_diagnosis *d, uint32_t index, uint32_t words, bool zeros,
		     const struct stamp_id *id)
{
	struct stamp_part *last = d->part_count ? &d->parts[d->part_count - 1] : NULL;

	if (last && same_part(last, zeros, id)) {
		last->bytes = (index + words) * 8 - last->first_byte;
		return;
	}
	if (d->part_count == STAMP_PARTS)
		return;
	d->parts[d->part_count++] = (struct stamp_part){
		.first_byte = index * 8, .bytes = words * 8, .zeros = zeros, .id = *id};
}

/* Whether each byte of word is the byte that one of the two neighbours has there: a slot may be
 * torn in the middle of a word. */
static bool is_seam(uint64_t word, uint32_t index, const struct stamp_part *before,
		    const struct stamp_id *after)
{
	uint64_t a = before->zeros ? 0 : stamp_word(&before->id, index);
	uint64_t b = after ? stamp_word(after, index) : 0;

	for (int byte = 0; byte < 8; byte++, word >>= 8, a >>= 8, b >>= 8) {
		if ((word & 255) != (a & 255) && (word & 255) != (b & 255))
			return false;
	}
	return true;
}

/* Decodes the body word at index. Returns false if no stamp of this seed can have it there. */
static bool decode(const void *slot, uint32_t index, const struct stamp_id *like, uint32_t slots,
		   struct stamp_id *id)
{
	*id = id_of_key(word_at(slot, index) - index * STAMP_STEP, like);
	return id->slot < slots && id->generation > 0;
}

/* The stamp that most of the body agrees on, else *expected. */
static struct stamp_id majority(const void *slot, const struct stamp_id *expected, uint32_t slots)
{
	struct stamp_id best = *expected, id;
	uint32_t best_words = 0;

	for (uint32_t i = HEADER_WORDS; i < expected->slot_bytes / 8;) {
		uint64_t key = word_at(slot, i) - i * STAMP_STEP;
		uint32_t first = i;
		bool plausible = decode(slot, i, expected, slots, &id);

		while (i < expected->slot_bytes / 8 && word_at(slot, i) - i * STAMP_STEP == key)
			i++;
		if (plausible && i - first > best_words) {
			best_words = i - first;
			best = id;
		}
	}
	return best;
}

static void diagnose_scrambled(const void *slot, const struct stamp_id *expected, uint32_t slots,
			       struct stamp_diagnosis *d)
{
	const uint8_t *bytes = slot;
	bool any = false;

	d->state = STAMP_SCRAMBLED;
	if (!stamp_read_header(slot, &d->found) || d->found.slot_bytes != expected->slot_bytes)
		d->found = majority(slot, expected, slots);
	for (uint32_t i = 0; i < expected->slot_bytes; i++) {
		uint64_t word = stamp_word(&d->found, i / 8);

		if (bytes[i] == ((const uint8_t *)&word)[i % 8])
			continue;
		d->last_bad_byte = i;
		if (!any)
			d->first_bad_byte = i;
		any = true;
	}
}

/* The header is one part: a valid one names itself, a torn one is measured against the stamps that
 * the body, or the ledger, names. */
static bool diagnose_header(const void *slot, const struct stamp_id *expected, uint32_t slots,
			    struct stamp_diagnosis *d)
{
	struct stamp_id id, candidates[2] = {*expected, majority(slot, expected, slots)};
	uint32_t i;

	if (stamp_read_header(slot, &id)) {
		add_part(d, 0, HEADER_WORDS, false, &id);
		return true;
	}
	for (i = 0; i < HEADER_WORDS; i++) {
		uint64_t word = word_at(slot, i);
		struct stamp_part *last = d->part_count ? &d->parts[d->part_count - 1] : NULL;

		if (word == stamp_word(&candidates[1], i))
			add_part(d, i, 1, false, &candidates[1]);
		else if (word == stamp_word(&candidates[0], i))
			add_part(d, i, 1, false, &candidates[0]);
		else if (word == 0)
			add_part(d, i, 1, true, expected);
		else if (!last || !is_seam(word, i, last, &candidates[1]))
			return false;
	}
	return true;
}

static bool diagnose_body(const void *slot, const struct stamp_id *expected, uint32_t slots,
			  struct stamp_diagnosis *d)
{
	uint32_t words = expected->slot_bytes / 8;
	struct stamp_id id;

	for (uint32_t i = HEADER_WORDS; i < words; i++) {
		struct stamp_part *last = &d->parts[d->part_count - 1];
		bool next = i + 1 < words;

		if (word_at(slot, i) == 0)
			add_part(d, i, 1, true, expected);
		else if (decode(slot, i, expected, slots, &id))
			add_part(d, i, 1, false, &id);
		else if (next && word_at(slot, i + 1) == 0 &&
			 is_seam(word_at(slot, i), i, last, NULL))
			continue;
		else if (!next || !decode(slot, i + 1, expected, slots, &id) ||
			 !is_seam(word_at(slot, i), i, last, &id))
			return false;
	}
	return true;
}

void stamp_diagnose(const void *slot, const struct stamp_id *expected, uint32_t slots,
		    struct stamp_diagnosis *d)
{
	memset(d, 0, sizeof(*d));
	if (!diagnose_header(slot, expected, slots, d) ||
	    !diagnose_body(slot, expected, slots, d)) {
		diagnose_scrambled(slot, expected, slots, d);
		return;
	}
	d->found = d->parts[0].id;
	if (d->part_count > 1)
		d->state = STAMP_MIXED;
	else
		d->state = d->parts[0].zeros ? STAMP_ZEROS : STAMP_WHOLE;
}
