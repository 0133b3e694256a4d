/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger: for each slot, the generations that a view may legally show.
 *
 * It lives in shared memory, so that stressor processes, the judge after the case and the runner
 * read the same one. A slot is owned by one writer at a time. Generation 1 is what a subject is
 * prefilled with, 0 is none.
 *
 * The legal range of a slot is [floor, issued]: floor is the newest generation that completed
 * while nothing excused its loss. Normally floor == completed. A disturbance (a punch, a
 * truncation, a colliding overwrite) freezes the floor at its beginning; an op that overlaps it in
 * time may be lost, and the first generation that is issued after its end, and completes, ends
 * the excuse.
 */
#ifndef LIB_LEDGER_H
#define LIB_LEDGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a disturbance excuses, for the slots and the time that it covers; nothing else. */
enum excuse {
	EXCUSE_ZEROS = 1,      /* zeros, and no generation from before it */
	EXCUSE_OLDER = 2,      /* the generation from before it, if an op overlapped it */
	EXCUSE_TORN = 4,       /* a mix of generations (or zeros, with EXCUSE_ZEROS) in the range */
	EXCUSE_UNREADABLE = 8, /* a read error */
};

struct ledger_slot {
	atomic_uint lock;
	uint32_t issued, completed, durable;
	uint32_t floor;   /* the lowest legal generation, at rest */
	uint32_t overlap; /* issued when the last disturbance ended */
	uint32_t dead;    /* the newest generation that a punch removed: it must not come back */
	uint16_t open;    /* disturbances under way */
	uint8_t excuses;  /* of enum excuse, since floor last moved */
	uint8_t writer;
};

struct ledger {
	uint32_t slots, slot_bytes;
	uint16_t file;
	uint64_t seed;
	size_t mapped_bytes;
	struct ledger_slot slot[];
};

/* Makes a ledger of slots slots in anonymous shared memory, every slot at generation 1, owned by
 * writer 0. NULL with errno set if there is no memory. */
struct ledger *ledger_new(uint32_t slots, uint32_t slot_bytes, uint64_t seed, uint16_t file);
void ledger_free(struct ledger *ledger);

/* Issues the next generation of count slots from first on, all the same number; returns it. */
uint32_t ledger_issue(struct ledger *ledger, uint32_t first, uint32_t count);

/* Issues generation, which must be above every one issued before, to count slots. */
void ledger_issue_as(struct ledger *ledger, uint32_t first, uint32_t count, uint32_t generation);

/* The op of generation on these slots is over and did all that it promised. */
void ledger_complete(struct ledger *ledger, uint32_t first, uint32_t count, uint32_t generation);

/* The op of generation is over and failed, in part or whole: until the next completion each slot
 * may show any generation from the floor on, or a mix of them. */
void ledger_fail(struct ledger *ledger, uint32_t first, uint32_t count, uint32_t generation);

/* A successful fsync that began when every slot had completed what it shows now: call it with all
 * ops at rest. */
void ledger_durable(struct ledger *ledger);

/* A disturbance of count slots that excuses (a mask of enum excuse) begins and ends. The two calls
 * stand directly around the act. */
void ledger_disturb_begin(struct ledger *ledger, uint32_t first, uint32_t count, unsigned excuses);
void ledger_disturb_end(struct ledger *ledger, uint32_t first, uint32_t count);

/* A consistent copy of one slot's entry (its lock field means nothing). */
struct ledger_slot ledger_read(struct ledger *ledger, uint32_t slot);

#endif
