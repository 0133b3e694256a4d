// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/ledger.h"

#include <sched.h>
#include <sys/mman.h>

struct ledger *ledger_new(uint32_t slots, uint32_t slot_bytes, uint64_t seed, uint16_t file)
{
	size_t bytes = sizeof(struct ledger) + slots * sizeof(struct ledger_slot);
	struct ledger *ledger =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (ledger == MAP_FAILED)
		return NULL;
	*ledger = (struct ledger){.slots = slots,
				  .slot_bytes = slot_bytes,
				  .file = file,
				  .seed = seed,
				  .mapped_bytes = bytes};
	for (uint32_t i = 0; i < slots; i++) {
		struct ledger_slot *slot = &ledger->slot[i];

		slot->issued = slot->completed = slot->durable = slot->floor = 1;
	}
	return ledger;
}

void ledger_free(struct ledger *ledger)
{
	if (ledger)
		munmap(ledger, ledger->mapped_bytes);
}

/* Held for a few instructions, between threads and processes that share the ledger. */
static void lock(struct ledger_slot *slot)
{
	while (atomic_exchange_explicit(&slot->lock, 1, memory_order_acquire))
		sched_yield();
}

static void unlock(struct ledger_slot *slot)
{
	atomic_store_explicit(&slot->lock, 0, memory_order_release);
}

uint32_t ledger_issue(struct ledger *ledger, uint32_t first, uint32_t count)
{
	uint32_t generation = 0;

	/* Only a slot's owner moves what it has issued, and it is the one who asks: no lock. */
	for (uint32_t i = first; i < first + count; i++) {
		if (ledger->slot[i].issued > generation)
			generation = ledger->slot[i].issued;
	}
	ledger_issue_as(ledger, first, count, generation + 1);
	return generation + 1;
}

void ledger_issue_as(struct ledger *ledger, uint32_t first, uint32_t count, uint32_t generation)
{
	for (uint32_t i = first; i < first + count; i++) {
		lock(&ledger->slot[i]);
		ledger->slot[i].issued = generation;
		unlock(&ledger->slot[i]);
	}
}

static void complete_one(struct ledger_slot *slot, uint32_t generation)
{
	bool excused = slot->open || generation <= slot->overlap;

	if (generation > slot->completed)
		slot->completed = generation;
	/* A disturbance that can only tear does not excuse the loss of the op as a whole. */
	if (excused && slot->excuses & (EXCUSE_ZEROS | EXCUSE_OLDER))
		return;
	if (generation > slot->floor)
		slot->floor = generation;
	if (!excused && slot->issued == generation)
		slot->excuses = 0;
}

void ledger_complete(struct ledger *ledger, uint32_t first, uint32_t count, uint32_t generation)
{
	for (uint32_t i = first; i < first + count; i++) {
		lock(&ledger->slot[i]);
		complete_one(&ledger->slot[i], generation);
		unlock(&ledger->slot[i]);
	}
}

void ledger_fail(struct ledger *ledger, uint32_t first, uint32_t count, uint32_t generation)
{
	for (uint32_t i = first; i < first + count; i++) {
		struct ledger_slot *slot = &ledger->slot[i];

		lock(slot);
		slot->excuses |= EXCUSE_OLDER | EXCUSE_TORN;
		if (generation > slot->overlap)
			slot->overlap = generation;
		unlock(slot);
	}
}

void ledger_durable(struct ledger *ledger)
{
	for (uint32_t i = 0; i < ledger->slots; i++) {
		lock(&ledger->slot[i]);
		ledger->slot[i].durable = ledger->slot[i].floor;
		unlock(&ledger->slot[i]);
	}
}

void ledger_disturb_begin(struct ledger *ledger, uint32_t first, uint32_t count, unsigned excuses)
{
	for (uint32_t i = first; i < first + count; i++) {
		struct ledger_slot *slot = &ledger->slot[i];

		lock(slot);
		if (slot->open < UINT16_MAX)
			slot->open++;
		slot->excuses |= excuses;
		/* What completed before a punch began is gone for good. */
		if (excuses & EXCUSE_ZEROS && slot->completed > slot->dead)
			slot->dead = slot->completed;
		unlock(slot);
	}
}

void ledger_disturb_end(struct ledger *ledger, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++) {
		struct ledger_slot *slot = &ledger->slot[i];

		lock(slot);
		slot->open--;
		if (slot->issued > slot->overlap)
			slot->overlap = slot->issued;
		unlock(slot);
	}
}

struct ledger_slot ledger_read(struct ledger *ledger, uint32_t slot)
{
	struct ledger_slot *from = &ledger->slot[slot];
	struct ledger_slot copy;

	lock(from);
	/* Field by field: others spin on the lock word meanwhile, so it may not be copied plainly.
	 */
	copy = (struct ledger_slot){.issued = from->issued,
				    .completed = from->completed,
				    .durable = from->durable,
				    .floor = from->floor,
				    .overlap = from->overlap,
				    .dead = from->dead,
				    .open = from->open,
				    .excuses = from->excuses,
				    .writer = from->writer};
	unlock(from);
	return copy;
}
