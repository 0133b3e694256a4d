// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/compare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/judge.h"
#include "lib/view.h"

/* One view of one subject. seen carries, per slot, whether an earlier view found it bad. */
static void compare(struct run *run, unsigned index, enum view view, enum view read_as,
		    uint8_t *seen)
{
	struct subject *subject = &run->subject[index];
	struct view_source source = {
		.path = subject->has_file ? subject->path : NULL,
		.map = subject->map,
		.device = run->device,
		.logical_fiemap = run->spec->filesystem->logical_fiemap,
		.bytes = subject->bytes,
	};
	uint32_t slots = subject->ledger->slots;
	enum view_slot *state = calloc(slots, sizeof(*state));
	uint8_t *bytes = aligned_alloc(4096, subject->bytes);
	char why[256];
	int error;

	if (!state || !bytes)
		run_broken(run, "allocating %llu bytes: %s", (unsigned long long)subject->bytes,
			   strerror(ENOMEM));
	error = view_read(read_as, &source, subject->ledger->slot_bytes, bytes, state, why,
			  sizeof(why));
	if (error)
		run_broken(run, "view %s of %s: %s", view_word(view), subject->path, why);
	run->result->views_compared[view] += judge_view(subject->ledger, bytes, state, view, index,
							seen, &run->result->findings);
	atomic_fetch_add(&run->result->heartbeat, 1);
	free(state);
	free(bytes);
}

static uint8_t *new_seen(struct run *run, const struct subject *subject)
{
	uint8_t *seen = calloc(1, subject->ledger->slots);

	if (!seen)
		run_broken(run, "allocating %u bytes: %s", subject->ledger->slots,
			   strerror(ENOMEM));
	return seen;
}

static bool sync_error_excused(const struct run *run)
{
	for (unsigned i = 0; i < run->spec->stressors; i++) {
		if (run->spec->stressor[i]->excuses_sync_error)
			return true;
	}
	return false;
}

static void sync_subject(struct run *run, const struct subject *subject)
{
	uint64_t start;
	int error;

	if (!subject->has_file)
		return;
	start = clock_ns();
	error = view_fsync(subject->fd);
	/* A direct write that could not drop the cached page leaves one EIO for each open file. */
	if (error == -EIO && sync_error_excused(run))
		error = view_fsync(subject->fd);
	if (error)
		run_broken(run, "fsync(%s): %s", subject->path, strerror(-error));
	hist_add(&run->result->fsync_latency, clock_ns() - start);
	ledger_durable(subject->ledger);
}

void compare_at_rest(struct run *run)
{
	for (unsigned i = 0; i < run->subjects; i++) {
		struct subject *subject = &run->subject[i];
		uint8_t *seen = new_seen(run, subject);

		sync_subject(run, subject);
		for (enum view view = VIEW_MAP; view <= VIEW_DIRECT; view++) {
			if (subject->views & 1u << view)
				compare(run, i, view, view, seen);
		}
		free(seen);
	}
	run->result->views_compared[run->way == WAY_IN ? VIEW_MAP : VIEW_PEER] +=
		atomic_exchange(&run->judged_on_arrival, 0);
}

void compare_unpinned(struct run *run)
{
	/* Memory without a file has to be read before it is unmapped. */
	for (unsigned i = 0; i < run->subjects; i++) {
		struct subject *subject = &run->subject[i];
		uint8_t *seen = new_seen(run, subject);

		sync_subject(run, subject);
		if (subject->views & 1u << VIEW_UNPINNED && !subject->has_file)
			compare(run, i, VIEW_UNPINNED, VIEW_MAP, seen);
		free(seen);
	}
	munmap(run->memory, run->mapped_bytes);
	for (unsigned i = 0; i < run->subjects; i++) {
		struct subject *subject = &run->subject[i];
		uint8_t *seen = new_seen(run, subject);

		subject->map = NULL;
		if (subject->views & 1u << VIEW_UNPINNED && subject->has_file)
			compare(run, i, VIEW_UNPINNED, VIEW_UNPINNED, seen);
		free(seen);
	}
}

void compare_remounted(struct run *run)
{
	for (unsigned i = 0; i < run->subjects; i++) {
		struct subject *subject = &run->subject[i];
		uint8_t *seen;

		if (!(subject->views & 1u << VIEW_REMOUNT))
			continue;
		seen = new_seen(run, subject);
		compare(run, i, VIEW_REMOUNT, VIEW_REMOUNT, seen);
		free(seen);
	}
}
