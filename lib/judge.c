// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The judge. It looks at bytes and at the ledger, never at what an op reported. A slot is legal if
 * it is one whole stamp of its own writer with a generation in the ledger's range, or exactly what
 * an excuse on that slot allows; everything else gets the most specific name that the bytes
 * support.
 */
#include "lib/judge.h"

#include <string.h>

#include "lib/stamp.h"

static bool is_own(const struct stamp_id *found, const struct stamp_id *own)
{
	return found->seed == own->seed && found->file == own->file && found->slot == own->slot &&
	       found->slot_bytes == own->slot_bytes && found->writer == own->writer;
}

/* Whether zeros may stand where this slot is: a punch is open or over, and nothing that was issued
 * after it has completed. */
static bool zeros_legal(const struct ledger_slot *entry)
{
	return entry->excuses & EXCUSE_ZEROS && entry->floor <= entry->dead;
}

/* The kind of damage that a whole stamp of this slot's own writer is, or FINDING_COUNT for none. */
static enum finding_kind generation_kind(const struct ledger_slot *entry, uint32_t generation)
{
	if (generation > entry->issued)
		return FINDING_FOREIGN;
	if (generation <= entry->dead)
		return FINDING_RESURRECTED;
	if (generation < entry->floor)
		return FINDING_STALE;
	return FINDING_COUNT;
}

static enum finding_kind whole_kind(const struct ledger_slot *entry, const struct stamp_id *found,
				    const struct stamp_id *own)
{
	if (is_own(found, own))
		return generation_kind(entry, found->generation);
	if (found->seed == own->seed && found->file == own->file &&
	    found->slot_bytes == own->slot_bytes && found->slot != own->slot)
		return FINDING_MISPLACED;
	return FINDING_FOREIGN;
}

static enum finding_kind mixed_kind(const struct ledger_slot *entry,
				    const struct stamp_diagnosis *diagnosis,
				    const struct stamp_id *own)
{
	bool excused = entry->excuses & EXCUSE_TORN;

	for (uint32_t i = 0; i < diagnosis->part_count; i++) {
		const struct stamp_part *part = &diagnosis->parts[i];
		enum finding_kind kind;

		if (part->zeros) {
			excused = excused && zeros_legal(entry);
			continue;
		}
		kind = whole_kind(entry, &part->id, own);
		if (kind == FINDING_MISPLACED || kind == FINDING_FOREIGN)
			return kind;
		if (kind != FINDING_COUNT)
			excused = false;
	}
	return excused ? FINDING_COUNT : FINDING_TORN;
}

static enum finding_kind zeros_kind(const struct ledger_slot *entry)
{
	return zeros_legal(entry) ? FINDING_COUNT : FINDING_LOST;
}

/* The range of wrong bytes inside the slot, seen from the generation that was expected. */
static void wrong_range(const struct stamp_diagnosis *diagnosis, const struct stamp_id *own,
			struct finding *finding)
{
	finding->first_byte = 0;
	finding->last_byte = own->slot_bytes - 1;
	if (diagnosis->state == STAMP_SCRAMBLED) {
		finding->first_byte = diagnosis->first_bad_byte;
		finding->last_byte = diagnosis->last_bad_byte;
		return;
	}
	if (diagnosis->state != STAMP_MIXED)
		return;
	/* The parts that are not of the expected generation. */
	finding->first_byte = own->slot_bytes;
	finding->last_byte = 0;
	for (uint32_t i = 0; i < diagnosis->part_count; i++) {
		const struct stamp_part *part = &diagnosis->parts[i];

		if (!part->zeros && is_own(&part->id, own) &&
		    part->id.generation == finding->expected_generation)
			continue;
		if (part->first_byte < finding->first_byte)
			finding->first_byte = part->first_byte;
		if (part->first_byte + part->bytes - 1 > finding->last_byte)
			finding->last_byte = part->first_byte + part->bytes - 1;
		finding->found_generation = part->zeros ? 0 : part->id.generation;
	}
	if (finding->first_byte == own->slot_bytes)
		finding->first_byte = 0;
}

bool judge_slot(const struct ledger *ledger, const struct ledger_slot *entry, uint32_t slot,
		const uint8_t *bytes, enum view view, uint32_t subject, struct finding *finding)
{
	struct stamp_id own = {.seed = ledger->seed,
			       .slot = slot,
			       .generation = entry->completed,
			       .slot_bytes = ledger->slot_bytes,
			       .writer = entry->writer,
			       .file = ledger->file};
	struct stamp_diagnosis diagnosis;
	enum finding_kind kind;

	/* What nearly every slot is: the newest generation, whole. */
	if (entry->completed >= entry->floor && entry->completed > entry->dead &&
	    stamp_check(bytes, &own))
		return true;
	stamp_diagnose(bytes, &own, ledger->slots, &diagnosis);
	if (diagnosis.state == STAMP_WHOLE)
		kind = whole_kind(entry, &diagnosis.found, &own);
	else if (diagnosis.state == STAMP_ZEROS)
		kind = zeros_kind(entry);
	else if (diagnosis.state == STAMP_MIXED)
		kind = mixed_kind(entry, &diagnosis, &own);
	else
		kind = FINDING_SCRAMBLED;
	if (kind == FINDING_COUNT)
		return true;
	*finding = (struct finding){
		.kind = kind,
		.view = view,
		.has_view = true,
		.subject = subject,
		.count = 1,
		.first_offset = (uint64_t)slot * ledger->slot_bytes,
		.bytes = ledger->slot_bytes,
		.expected_generation = entry->floor,
		.found_generation = kind == FINDING_LOST ? 0 : diagnosis.found.generation,
		.found_offset = (uint64_t)diagnosis.found.slot * ledger->slot_bytes,
		.found_writer = diagnosis.found.writer,
	};
	if (kind != FINDING_STALE && kind != FINDING_RESURRECTED)
		finding->expected_generation = entry->completed;
	wrong_range(&diagnosis, &own, finding);
	return false;
}

uint64_t judge_view(struct ledger *ledger, const uint8_t *bytes, const enum view_slot *slots,
		    enum view view, uint32_t subject, uint8_t *seen, struct findings *findings)
{
	uint64_t compared = 0;

	for (uint32_t i = 0; i < ledger->slots; i++) {
		struct ledger_slot entry = ledger_read(ledger, i);
		struct finding finding;
		bool legal;

		if (slots[i] == VIEW_SLOT_UNKNOWN)
			continue;
		compared++;
		if (slots[i] == VIEW_SLOT_UNREADABLE) {
			legal = entry.excuses & EXCUSE_UNREADABLE;
			finding = (struct finding){.kind = FINDING_UNREADABLE,
						   .view = view,
						   .has_view = true,
						   .subject = subject,
						   .count = 1,
						   .first_offset = (uint64_t)i * ledger->slot_bytes,
						   .bytes = ledger->slot_bytes,
						   .expected_generation = entry.completed,
						   .last_byte = ledger->slot_bytes - 1};
		} else {
			legal = judge_slot(ledger, &entry, i,
					   bytes + (size_t)i * ledger->slot_bytes, view, subject,
					   &finding);
		}
		if (legal || seen[i])
			continue;
		seen[i] = 1;
		findings_add(findings, &finding);
	}
	return compared;
}
