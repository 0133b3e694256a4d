/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Movers: the one hot loop. Which op comes next, the clock, the stamps and the ledger live here.
 */
#ifndef LIB_MOVER_H
#define LIB_MOVER_H

#include "lib/evidence.h"
#include "lib/run.h"
#include "lib/stamp.h"
#include "lib/subject.h"

/* Gives mover its ops, its far memory and its list of blocks. Ends the case on failure. */
void mover_prepare(struct mover *mover);

/* Zeroed memory for the life of the case. Ends the case when there is none. */
void *mover_take(struct mover *mover, size_t bytes);

/* What the first slot of block holds at generation, written by mover. */
struct stamp_id mover_stamp(const struct mover *mover, uint32_t block, uint32_t generation);

/* Moves bytes until *stop is set (checked between ops), then waits for what is in flight. */
void mover_move(struct mover *mover, atomic_uint *stop);

/* The times in flight since the last call: *count of them, owned by the mover. */
struct flight *mover_flights(struct mover *mover, size_t *count);

/* Adds the op to the log of times in flight and to the histogram. */
void mover_log(struct mover *mover, const struct op *op, uint64_t now_ns);

/* Judges the slots of block in the pinned memory (view map) or, for view peer, at bytes. */
void mover_judge(struct mover *mover, const struct op *op, enum view view, const uint8_t *bytes);

#endif
