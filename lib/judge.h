/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The judge: compares what a view shows with what the ledger allows.
 */
#ifndef LIB_JUDGE_H
#define LIB_JUDGE_H

#include "lib/ledger.h"
#include "lib/result.h"
#include "lib/view.h"

/* Judges one slot whose bytes are at bytes, seen by view of subject. entry is its ledger entry.
 * Returns true if it is legal, else false with *finding filled. */
bool judge_slot(const struct ledger *ledger, const struct ledger_slot *entry, uint32_t slot,
		const uint8_t *bytes, enum view view, uint32_t subject, struct finding *finding);

/* Judges every slot of a subject as view_read() gave it; a slot in seen that an earlier view
 * already found bad is not reported again (seen: one byte per slot, zeroed at the start of an
 * epoch). Returns how many slots were compared. */
uint64_t judge_view(struct ledger *ledger, const uint8_t *bytes, const enum view_slot *slots,
		    enum view view, uint32_t subject, uint8_t *seen, struct findings *findings);

#endif
