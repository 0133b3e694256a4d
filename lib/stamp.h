/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stamps: the self-describing content of a slot.
 *
 * A slot begins with a header of 64 bytes that says who wrote it, where it belongs and which
 * generation it is, closed by an XXH3 checksum. The rest is 64-bit words: word i is key + i * STEP,
 * where the key is a bijection of (slot index, generation, writer, file) under the seed. So
 * every byte can be verified by recomputing it at the speed of an addition, and any single
 * word that is found anywhere names the slot, the generation and the writer that it came from.
 */
#ifndef LIB_STAMP_H
#define LIB_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STAMP_SLOT_MINIMUM_BYTES = 64 };

/* The limits of the packed key. */
#define STAMP_GENERATION_LIMIT (1u << 28)
#define STAMP_SLOT_LIMIT       (1u << 24)
#define STAMP_WRITER_LIMIT     256u
#define STAMP_FILE_LIMIT       16u

/* Who wrote a slot and where it belongs. slot_bytes is a power of two from 64. */
struct stamp_id {
	uint64_t seed;
	uint32_t slot; /* index: the offset in the file is slot * slot_bytes */
	uint32_t generation;
	uint32_t slot_bytes;
	uint16_t writer;
	uint16_t file;
};

/* Writes the stamp of id over the id->slot_bytes bytes at slot (aligned to 8 bytes). */
void stamp_fill(void *slot, const struct stamp_id *id);

/* Whether the slot_bytes bytes at slot are, to the last one, the stamp of id. */
bool stamp_check(const void *slot, const struct stamp_id *id);

/* Stamps the count slots from id->slot on, side by side. */
void stamp_fill_run(void *slots, const struct stamp_id *id, uint32_t count);

/* How many of the count slots from id->slot on hold their stamp. */
uint32_t stamp_check_run(const void *slots, const struct stamp_id *id, uint32_t count);

/* Reads the header at slot. Returns false, and leaves *id alone, unless its checksum holds. */
bool stamp_read_header(const void *slot, struct stamp_id *id);

/* What the bytes of a slot are. */
enum stamp_state {
	STAMP_WHOLE,     /* one stamp, complete; found tells which */
	STAMP_ZEROS,     /* nothing but zeros */
	STAMP_MIXED,     /* parts of several stamps, or of stamps and zeros; parts tells which */
	STAMP_SCRAMBLED, /* at least one word that no stamp of this seed has there */
};

/* A run of bytes of one origin inside a slot. */
struct stamp_part {
	uint32_t first_byte, bytes;
	bool zeros;
	struct stamp_id id; /* unless zeros */
};

enum { STAMP_PARTS = 16 };

struct stamp_diagnosis {
	enum stamp_state state;
	struct stamp_id found; /* of the whole stamp */
	uint32_t part_count;   /* of STAMP_MIXED: at most STAMP_PARTS are kept */
	struct stamp_part parts[STAMP_PARTS];
	uint32_t first_bad_byte; /* of STAMP_SCRAMBLED: first and last wrong byte, seen from the
				    stamp that most words belong to, or from *expected */
	uint32_t last_bad_byte;
};

/*
 * Says what the slot_bytes bytes at slot are, whatever they are. expected gives seed and
 * slot_bytes and is the measure for bytes that belong to nothing. slots bounds what counts as a
 * plausible origin: a word that decodes to a slot beyond it is scrambled.
 */
void stamp_diagnose(const void *slot, const struct stamp_id *expected, uint32_t slots,
		    struct stamp_diagnosis *diagnosis);

#endif
