// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stamping and checking cost, next to the fastest stores and loads that the C library knows:
 * on a block that stays in the cache, as it does between an op and its check, and on a buffer that
 * is as large as a cache of the last level.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "front/self.h"
#include "lib/run.h"
#include "lib/stamp.h"

enum { BLOCK_BYTES = 64 << 10, BUFFER_BYTES = 16 << 20 };

#define TURN_NS   40000000ull
#define FILL_AIM  20e9
#define CHECK_AIM 18e9

/* Two equal buffers. */
struct pair {
	uint8_t *bytes, *twin;
	size_t size;
	uint32_t generation;
};

/* Nobody may conclude that a result is not needed. */
static void use(const void *result)
{
	__asm__ volatile("" : : "r"(result) : "memory");
}

static struct stamp_id id_of(const struct pair *pair, uint32_t slot_bytes)
{
	return (struct stamp_id){.seed = 1,
				 .slot_bytes = slot_bytes,
				 .generation = pair->generation,
				 .writer = 1,
				 .file = 1};
}

static void touch(struct pair *pair, bool check, uint32_t slot_bytes, uint32_t *good)
{
	struct stamp_id id = id_of(pair, slot_bytes);
	int difference;

	if (slot_bytes && check) {
		*good += stamp_check_run(pair->bytes, &id, (uint32_t)(pair->size / slot_bytes));
	} else if (slot_bytes) {
		stamp_fill_run(pair->bytes, &id, (uint32_t)(pair->size / slot_bytes));
	} else if (check) {
		difference = memcmp(pair->bytes, pair->twin, pair->size);
		use(&difference);
		*good += difference == 0;
	} else {
		memset(pair->bytes, (int)pair->generation, pair->size);
	}
	use(pair->bytes);
}

/* One turn: as often as fits into TURN_NS. What is checked is made right first. */
static int turn(struct pair *pair, bool check, uint32_t slot_bytes, double *rate)
{
	uint64_t start, now;
	uint32_t good = 0, times = 0;

	pair->generation++;
	if (check && slot_bytes)
		touch(pair, false, slot_bytes, &good);
	else if (check)
		memcpy(pair->bytes, pair->twin, pair->size);
	start = clock_ns();
	do {
		touch(pair, check, slot_bytes, &good);
		times++;
		now = clock_ns();
	} while (now - start < TURN_NS);
	*rate = (double)times * (double)pair->size * 1e9 / (double)(now - start);
	if (check && good != times * (slot_bytes ? (uint32_t)(pair->size / slot_bytes) : 1))
		return -1;
	return 0;
}

static int run_fill(struct self *self, const struct self_side *side, struct self_sample *sample,
		    char *why, size_t why_bytes)
{
	return turn(side->context, false, side->number, &sample->rate);
}

static int run_check(struct self *self, const struct self_side *side, struct self_sample *sample,
		     char *why, size_t why_bytes)
{
	if (turn(side->context, true, side->number, &sample->rate) == 0)
		return 0;
	snprintf(why, why_bytes, "what was stored a moment ago is not there");
	return -1;
}

static void compare_on(struct self *self, struct pair *pair, bool check, const char *group)
{
	static const struct {
		const char *fill, *check;
		uint32_t slot_bytes;
	} rows[] = {
		{"stamp_fill, slots of 4096 B", "stamp_check, slots of 4096 B", 4096},
		{"stamp_fill, slots of 512 B", "stamp_check, slots of 512 B", 512},
		{"stamp_fill, slots of 64 B", "stamp_check, slots of 64 B", 64},
		{"memset", "memcmp", 0},
	};
	const struct self_aim aim = {.against = SELF_SIDES - 1};
	struct self_side sides[SELF_SIDES];

	for (unsigned i = 0; i < SELF_SIDES; i++) {
		sides[i] = (struct self_side){.name = check ? rows[i].check : rows[i].fill,
					      .unit = "bytes_per_s",
					      .run = check ? run_check : run_fill,
					      .context = pair,
					      .number = rows[i].slot_bytes};
	}
	sides[0].aim = check ? CHECK_AIM : FILL_AIM;
	self_compare(self, group, sides, SELF_SIDES, &aim, 1);
}

void self_stamps(struct self *self)
{
	struct pair pair = {.size = BLOCK_BYTES};

	pair.bytes = aligned_alloc(4096, BUFFER_BYTES);
	pair.twin = aligned_alloc(4096, BUFFER_BYTES);
	if (!pair.bytes || !pair.twin) {
		struct self_row *row = self_row_add(self, "stamps", "stamp_fill", "bytes_per_s");

		snprintf(row->why, sizeof(row->why), "allocating 2 x %d bytes: %s", BUFFER_BYTES,
			 strerror(ENOMEM));
		self->broken = true;
	} else {
		memset(pair.bytes, 1, BUFFER_BYTES);
		memset(pair.twin, 1, BUFFER_BYTES);
		compare_on(self, &pair, false, "filling 64 KiB in the cache");
		compare_on(self, &pair, true, "checking 64 KiB in the cache");
		pair.size = BUFFER_BYTES;
		compare_on(self, &pair, false, "filling 16 MiB");
		compare_on(self, &pair, true, "checking 16 MiB");
	}
	free(pair.bytes);
	free(pair.twin);
}
