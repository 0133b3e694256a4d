// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the machine must get back: the list of changes, and how it is wound back. The journal on
 * disk always names at least what is changed, so a run that ends by kill -9 loses nothing: the next
 * one reads the journal and winds back from there, by the same code.
 */
#include "lib/machine_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const struct change_type change_types[CHANGE_KINDS] = {
	[CHANGE_WROTE] = {"wrote", 2, true, undo_wrote},
	[CHANGE_MADE] = {"made", 1, true, undo_made},
	[CHANGE_TREE] = {"tree", 1, true, undo_tree},
	[CHANGE_LOOP] = {"loop", 3, false, undo_loop},
	[CHANGE_LOOP_ADDED] = {"loop_added", 1, false, undo_loop_added},
	[CHANGE_MOUNT] = {"mount", 4, false, undo_mount},
	[CHANGE_CGROUP] = {"cgroup", 1, false, undo_cgroup},
	[CHANGE_ZRAM_ADDED] = {"zram_added", 1, false, undo_zram_added},
	[CHANGE_ZRAM] = {"zram", 2, false, undo_zram},
	[CHANGE_INSTANCE] = {"instance", 1, false, undo_instance},
	[CHANGE_NETDEV] = {"netdev", 1, false, undo_netdev},
	[CHANGE_RXE] = {"rxe", 1, false, undo_rxe},
	[CHANGE_DM] = {"dm", 1, false, undo_dm},
	[CHANGE_SCSI_DEBUG] = {"scsi_debug", 1, false, undo_scsi_debug},
};

int machine_fail(struct machine *machine, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(machine->why, sizeof(machine->why), format, arguments);
	va_end(arguments);
	return -1;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

struct patience patience_of(unsigned limit_ms)
{
	return (struct patience){.end_ns = now_ns() + limit_ms * 1000000ull};
}

bool patience_left(const struct patience *patience)
{
	int error = errno;
	struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};

	if (now_ns() >= patience->end_ns)
		return false;
	nanosleep(&pause, NULL);
	errno = error;
	return true;
}

struct changes *machine_changes(const struct machine *machine)
{
	return machine->journal_fd < 0 ? NULL : machine->changes;
}

int change_begin(struct machine *machine, struct change change)
{
	struct changes *changes = machine_changes(machine);

	if (!changes)
		return machine_fail(machine, "%s %s: the machine is not open for changes",
				    change_types[change.kind].name, change.word[0]);
	if (changes_add(machine, &change) < 0)
		return -1;
	if (journal_append(machine, &changes->list[changes->count - 1]) < 0) {
		changes_drop(changes, changes->count - 1);
		return -1;
	}
	return 0;
}

/* Takes a change that is over off both lists. */
static int change_end(struct machine *machine, unsigned index)
{
	struct changes *changes = machine->changes;
	struct change ended = {.sum = changes->list[index].sum};

	changes_drop(changes, index);
	return journal_undone(machine, &ended);
}

void change_cancel(struct machine *machine)
{
	char why[MACHINE_WHY_BYTES];
	struct changes *changes = machine->changes;

	/* The caller's reason matters more than that of a journal which says too much. */
	memcpy(why, machine->why, sizeof(why));
	change_end(machine, changes->count - 1);
	memcpy(machine->why, why, sizeof(why));
}

int change_amend(struct machine *machine, struct change change)
{
	struct changes *changes = machine->changes;

	if (change_begin(machine, change) < 0)
		return -1;
	return change_end(machine, changes->count - 2);
}

int machine_open(struct machine *machine)
{
	struct changes *changes = calloc(1, sizeof(*changes));
	unsigned found;

	*machine = (struct machine){.lock_fd = -1, .journal_fd = -1, .changes = changes};
	if (!changes)
		return machine_fail(machine, "the list of changes: %s", strerror(errno));
	if (lock_take(machine, &changes->own_directory) < 0) {
		free(changes);
		machine->changes = NULL;
		return -1;
	}
	/* The rewrite drops a line that a crash cut short, before anything is appended to it. */
	if (journal_read(machine) < 0 || journal_rewrite(machine) < 0) {
		lock_release(machine, false);
		for (unsigned i = 0; i < changes->count; i++)
			change_free(&changes->list[i]);
		free(changes->list);
		free(changes);
		machine->changes = NULL;
		return -1;
	}
	found = changes->count;
	machine_rewind(machine, 0);
	return (int)(found - changes->count);
}

void machine_after_fork(struct machine *machine)
{
	/* flock() belongs to the open file, which a fork shares: a child that outlived us would
	 * keep the lock. */
	if (machine->lock_fd >= 0)
		close(machine->lock_fd);
	if (machine->journal_fd >= 0)
		close(machine->journal_fd);
	machine->lock_fd = machine->journal_fd = -1;
}

unsigned machine_mark(const struct machine *machine)
{
	const struct changes *changes = machine_changes(machine);

	return changes ? changes->count : 0;
}

int machine_rewind(struct machine *machine, unsigned mark)
{
	struct changes *changes = machine_changes(machine);
	char first[MACHINE_WHY_BYTES] = "";

	machine->why[0] = '\0';
	for (unsigned i = changes ? changes->count : 0; i-- > mark;) {
		const struct change *change = &changes->list[i];
		int result = change_types[change->kind].undo(machine, change);

		if (result == 0)
			result = change_end(machine, i);
		if (result < 0 && !first[0])
			memcpy(first, machine->why, sizeof(first));
	}
	memcpy(machine->why, first, sizeof(first));
	return first[0] ? -1 : 0;
}

int machine_close(struct machine *machine)
{
	struct changes *changes = machine_changes(machine);
	char path[512];
	int result;

	if (!changes)
		return 0;
	result = machine_rewind(machine, 0);
	journal_path(machine, "", path, sizeof(path));
	/* What could not be undone waits in the journal for the next run. */
	if (changes->count == 0)
		unlink(path);
	for (unsigned i = 0; i < changes->count; i++)
		change_free(&changes->list[i]);
	close(machine->journal_fd);
	machine->journal_fd = -1;
	lock_release(machine, changes->own_directory);
	free(changes->list);
	free(changes);
	machine->changes = NULL;
	return result;
}
