// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ops move bytes to subject 0: the pinned memory and the file that is mapped there (IN), or the far
 * end (OUT). Subject 1 is the backing's own file where that is another one: for a shared mapping
 * it holds the stamps that the CPU stored there before each OUT op, for a private mapping it must
 * never change.
 */
#include "lib/subject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/stamp.h"
#include "lib/view.h"

enum { FILE_MOVED = 1, FILE_UNTOUCHED = 2, OWNED_EVERY = 4, PLANES = 2 };

#define VIEW_BIT(view) (1u << (view))

static void file_views(struct subject *subject, const struct case_spec *spec,
		       const struct case_place *place)
{
	const struct filesystem *filesystem = spec->filesystem;

	subject->views |= VIEW_BIT(VIEW_BUFFERED) | VIEW_BIT(VIEW_UNPINNED);
	if (!subject->on_disk)
		return;
	if (place->device[0] && filesystem->block_device && !filesystem->journalled_data)
		subject->views |= VIEW_BIT(VIEW_DEVICE);
	if (filesystem->direct_align)
		subject->views |= VIEW_BIT(VIEW_DIRECT);
	if (place->remountable && filesystem->block_device)
		subject->views |= VIEW_BIT(VIEW_REMOUNT);
}

static void set_path(char *path, const char *directory, const char *name)
{
	snprintf(path, PATH_BYTES, "%s/%s", directory, name);
}

/* Subject 0 is the pinned memory. */
static void layout_in(struct run *run, const struct case_spec *spec, const struct case_place *place)
{
	struct subject *memory = &run->subject[0];
	const struct backing *backing = spec->backing;

	memory->views = VIEW_BIT(VIEW_MAP) | VIEW_BIT(VIEW_UNPINNED);
	if (backing->file && backing->shared) {
		memory->has_file = true;
		memory->on_disk = backing->on_disk;
		strcpy(memory->path, run->memory_path);
		file_views(memory, spec, place);
	}
}

static void layout_out(struct run *run, const struct case_spec *spec,
		       const struct case_place *place)
{
	struct subject *far = &run->subject[0];

	if (spec->workload[0]->far == FAR_MEMORY) {
		far->views = VIEW_BIT(VIEW_PEER);
		return;
	}
	far->has_file = far->on_disk = true;
	strcpy(far->path, run->far_path);
	file_views(far, spec, place);
}

/* The backing's own file, where ops do not move bytes to it. */
static void layout_second(struct run *run, const struct case_spec *spec,
			  const struct case_place *place, bool apart)
{
	struct subject *second = &run->subject[1];
	const struct backing *backing = spec->backing;
	bool stored = run->way == WAY_OUT && backing->shared && spec->workload[0]->far != FAR_SELF;

	if (!backing->file || (backing->shared && !stored))
		return;
	run->subjects = 2;
	second->has_file = true;
	second->on_disk = backing->on_disk && !apart;
	strcpy(second->path, run->memory_path);
	if (stored)
		second->views |= VIEW_BIT(VIEW_MAP);
	file_views(second, spec, place);
}

void subject_layout(struct run *run, const struct case_spec *spec, const struct case_place *place)
{
	bool apart = option_get(&spec->options, "apart");
	bool in = case_way(spec) == WAY_IN;
	const char *far = apart && in ? place->other_directory : place->directory;
	const char *near = apart && !in ? place->other_directory : place->directory;

	run->spec = spec;
	run->seed = spec->seed;
	run->way = case_way(spec);
	run->region_bytes = option_get(&spec->options, "region");
	run->block_bytes = option_get(&spec->options, "block");
	run->slot_bytes = option_get(&spec->options, "slot");
	run->blocks = run->region_bytes / run->block_bytes;
	run->slots_per_block = run->block_bytes / run->slot_bytes;
	run->movers = option_get(&spec->options, "writers");
	run->refill = option_get(&spec->options, "refill");
	run->judge = option_get(&spec->options, "judge");
	run->sequential = option_get(&spec->options, "order");
	run->planes = run->refill ? PLANES : 1;
	run->subjects = 1;
	set_path(run->far_path, far, "far");
	if (spec->backing->on_disk)
		set_path(run->memory_path, near, "backing");
	strcpy(run->directory, place->directory);
	strcpy(run->other_directory, place->other_directory);
	strcpy(run->device, place->device);
	for (unsigned i = 0; i < spec->stressors; i++) {
		if (spec->stressor[i]->owns_blocks)
			run->owned_every = OWNED_EVERY;
	}
	for (unsigned i = 0; i < SUBJECTS; i++) {
		run->subject[i].fd = -1;
		run->subject[i].bytes = run->region_bytes;
	}
	/* Without a far end the memory is what is judged, either way. */
	if (in || spec->workload[0]->far == FAR_SELF)
		layout_in(run, spec, place);
	else
		layout_out(run, spec, place);
	layout_second(run, spec, place, apart);
}

int subject_owner(const struct run *run, uint32_t block)
{
	uint32_t every = run->owned_every;

	if (every && block % every == every - 1)
		return -1;
	if (every)
		block -= block / every;
	return block % run->movers;
}

/* Which subject stressors act on: the first that has a file. */
static unsigned target_of(const struct run *run)
{
	return run->subject[0].has_file ? 0 : 1;
}

int subject_ledgers(const struct run *run, struct ledger *ledgers[SUBJECTS])
{
	uint32_t slots = run->region_bytes / run->slot_bytes;

	ledgers[0] = ledgers[1] = NULL;
	for (unsigned i = 0; i < run->subjects; i++) {
		bool untouched = i == 1 && !run->spec->backing->shared;

		ledgers[i] = ledger_new(slots, run->slot_bytes, run->seed,
					untouched ? FILE_UNTOUCHED : FILE_MOVED);
		if (!ledgers[i])
			return -1;
		for (uint32_t slot = 0; slot < slots; slot++) {
			int owner = subject_owner(run, slot / run->slots_per_block);

			/* Where nobody moves bytes to a slot, it stays as writer 0 prefilled it. */
			if (owner < 0)
				owner = i == target_of(run) ? STRESS_WRITER : 0;
			else if (untouched)
				owner = 0;
			ledgers[i]->slot[slot].writer = owner;
		}
	}
	return 0;
}

/* Stamps generation 1 of every slot of ledger over bytes. */
static void stamp_all(struct ledger *ledger, uint8_t *bytes)
{
	for (uint32_t slot = 0; slot < ledger->slots; slot++) {
		struct stamp_id id = {.seed = ledger->seed,
				      .slot = slot,
				      .generation = 1,
				      .slot_bytes = ledger->slot_bytes,
				      .writer = ledger->slot[slot].writer,
				      .file = ledger->file};

		stamp_fill(bytes + (size_t)slot * ledger->slot_bytes, &id);
	}
}

static void write_whole(struct run *run, const char *path, const uint8_t *bytes, size_t count)
{
	int fd = run_open(run, path, O_RDWR | O_CREAT | O_TRUNC);

	for (size_t done = 0; done < count;) {
		ssize_t part = pwrite(fd, bytes + done, count - done, done);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			run_broken(run, "write of %zu bytes to %s: %s", count, path,
				   part ? strerror(errno) : "wrote nothing");
		done += part;
	}
	if (fsync(fd))
		run_broken(run, "fsync(%s): %s", path, strerror(errno));
	close(fd);
}

void subject_prefill(struct run *run)
{
	bool far_file = run->spec->workload[0]->far == FAR_FILE;
	size_t bytes = run->region_bytes;
	uint8_t *stamps = aligned_alloc(4096, bytes);

	if (!stamps)
		run_broken(run, "allocating %zu bytes: %s", bytes, strerror(ENOMEM));
	if (far_file) {
		/* For IN the movers write the planes before they read them. */
		stamp_all(run->subject[0].ledger, stamps);
		write_whole(run, run->far_path, stamps, bytes);
	}
	if (run->spec->backing->on_disk) {
		stamp_all(run->subject[run->subjects - 1].ledger, stamps);
		write_whole(run, run->memory_path, stamps, bytes);
	}
	free(stamps);
}

void subject_prefill_memory(struct run *run)
{
	struct subject *first = &run->subject[0];
	bool judged = run->way == WAY_IN || run->spec->workload[0]->far == FAR_SELF;

	/* A shared mapping shows its file, which holds these stamps already. */
	if (judged && !(run->spec->backing->on_disk && run->spec->backing->shared))
		stamp_all(first->ledger, run->memory);
	else if (run->subjects == 2 && !run->spec->backing->on_disk)
		stamp_all(run->subject[1].ledger, run->memory);
}

void subject_remove_files(const struct case_place *place)
{
	static const char *const names[] = {"far", "backing"};
	char path[PATH_BYTES + 16];

	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", place->directory, names[i]);
		if (place->directory[0])
			unlink(path);
		snprintf(path, sizeof(path), "%s/%s", place->other_directory, names[i]);
		if (place->other_directory[0])
			unlink(path);
	}
}
