// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Filling and checking stamps. The body is plain arithmetic on vectors, one word per lane, compiled
 * once for each width that the machine may have.
 */
#include "lib/stamp.h"

#include <string.h>

#include "lib/stamp_words.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define STAMP_MAGIC 0x31706d6174737064ull /* "dpstamp1" in little endian */

enum { HEADER_WORDS = STAMP_HEADER_WORDS };

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
_Static_assert(offsetof(struct stamp_header, key) == STAMP_KEY_WORD * 8 &&
		       offsetof(struct stamp_header, coded) == STAMP_CODED_WORD * 8,
	       "the diagnosis reads the key out of torn headers");

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

uint64_t stamp_key(const struct stamp_id *id)
{
	uint64_t packed = (uint64_t)(id->generation % STAMP_GENERATION_LIMIT) << 36 |
			  (uint64_t)(id->slot % STAMP_SLOT_LIMIT) << 12 |
			  (uint64_t)(id->writer % STAMP_WRITER_LIMIT) << 4 |
			  id->file % STAMP_FILE_LIMIT;

	return mix(packed ^ mix(id->seed + STAMP_STEP));
}

struct stamp_id stamp_id_of_key(uint64_t key, uint64_t seed, uint32_t slot_bytes)
{
	uint64_t packed = unmix(key) ^ mix(seed + STAMP_STEP);

	return (struct stamp_id){
		.seed = seed,
		.slot_bytes = slot_bytes,
		.generation = packed >> 36,
		.slot = packed >> 12 & (STAMP_SLOT_LIMIT - 1),
		.writer = packed >> 4 & (STAMP_WRITER_LIMIT - 1),
		.file = packed & (STAMP_FILE_LIMIT - 1),
	};
}

/* The first words of a body, from the key. */
static const uint64_t steps[8] = {8 * STAMP_STEP,  9 * STAMP_STEP,  10 * STAMP_STEP,
				  11 * STAMP_STEP, 12 * STAMP_STEP, 13 * STAMP_STEP,
				  14 * STAMP_STEP, 15 * STAMP_STEP};

/* The compiler splits vectors that are wider than the machine's, badly, and multiplies where an
 * addition would do: hence each width by hand, with a running sum. */
#define BODY(width, target)                                                                        \
	typedef uint64_t lanes_##width __attribute__((vector_size(width), aligned(8), may_alias)); \
	target static void fill_##width(uint64_t *words, uint64_t key, uint32_t count)             \
	{                                                                                          \
		lanes_##width value = key + *(const lanes_##width *)steps;                         \
                                                                                                   \
		for (uint32_t i = HEADER_WORDS; i < count; i += width / 8) {                       \
			*(lanes_##width *)(words + i) = value;                                     \
			value += width / 8 * STAMP_STEP;                                           \
		}                                                                                  \
	}                                                                                          \
	target static uint64_t difference_##width(const uint64_t *words, uint64_t key,             \
						  uint32_t count)                                  \
	{                                                                                          \
		lanes_##width value = key + *(const lanes_##width *)steps, difference = {0};       \
		uint64_t any = 0;                                                                  \
                                                                                                   \
		for (uint32_t i = HEADER_WORDS; i < count; i += width / 8) {                       \
			difference |= *(const lanes_##width *)(words + i) ^ value;                 \
			value += width / 8 * STAMP_STEP;                                           \
		}                                                                                  \
		for (uint32_t lane = 0; lane < width / 8; lane++)                                  \
			any |= difference[lane];                                                   \
		return any;                                                                        \
	}

BODY(16, )
#ifdef __x86_64__
BODY(32, __attribute__((target("avx2"))))
BODY(64, __attribute__((target("avx512f"))))
#endif

static void fill_body(uint64_t *words, uint64_t key, uint32_t count)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512f")) {
		fill_64(words, key, count);
		return;
	}
	if (__builtin_cpu_supports("avx2")) {
		fill_32(words, key, count);
		return;
	}
#endif
	fill_16(words, key, count);
}

static uint64_t body_difference(const uint64_t *words, uint64_t key, uint32_t count)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512f"))
		return difference_64(words, key, count);
	if (__builtin_cpu_supports("avx2"))
		return difference_32(words, key, count);
#endif
	return difference_16(words, key, count);
}

/* Two neighbours of 32 bits as the word that they are in memory. */
static uint64_t pair(uint32_t first, uint32_t second)
{
	bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

	return little ? first | (uint64_t)second << 32 : second | (uint64_t)first << 32;
}

static uint32_t half_pair(uint16_t first, uint16_t second)
{
	bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

	return little ? first | (uint32_t)second << 16 : second | (uint32_t)first << 16;
}

/* struct stamp_header, word by word. */
struct header_words {
	uint64_t word[HEADER_WORDS];
};

/* Narrow stores that the checksum's wide loads read back stall for a dozen cycles each, so no field
 * is stored by itself. */
static struct header_words header_of(const struct stamp_id *id)
{
	uint64_t key = stamp_key(id);
	struct header_words header = {{
		STAMP_MAGIC,
		id->seed,
		(uint64_t)id->slot * id->slot_bytes,
		pair(id->generation, id->slot_bytes),
		pair(id->slot, half_pair(id->writer, id->file)),
		key,
		key + STAMP_CODED_WORD * STAMP_STEP,
	}};

	header.word[HEADER_WORDS - 1] =
		XXH3_64bits(&header, offsetof(struct stamp_header, checksum));
	return header;
}

void stamp_fill(void *slot, const struct stamp_id *id)
{
	struct header_words header = header_of(id);

	memcpy(slot, &header, sizeof(header));
	fill_body(slot, header.word[STAMP_KEY_WORD], id->slot_bytes / 8);
}

bool stamp_check(const void *slot, const struct stamp_id *id)
{
	struct header_words header = header_of(id);

	return memcmp(slot, &header, sizeof(header)) == 0 &&
	       body_difference(slot, header.word[STAMP_KEY_WORD], id->slot_bytes / 8) == 0;
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

void stamp_header_words(const struct stamp_id *id, uint64_t *words)
{
	struct header_words header = header_of(id);

	memcpy(words, &header, sizeof(header));
}
