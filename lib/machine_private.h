/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the files of the machine: the journal, its changes, and how each kind is undone.
 *
 * The life of a change: change_begin() writes it, with all that its undo needs, to the journal and
 * fsyncs it; then the change is made. If it could not be made, change_cancel() takes it back. An
 * undo therefore never trusts that its change was made, nor that it is undone only once.
 */
#ifndef LIB_MACHINE_PRIVATE_H
#define LIB_MACHINE_PRIVATE_H

#include "lib/machine.h"

enum { CHANGE_WORDS = 4 };

/* A word of its own in the journal each. The words of a change stand behind its name. */
enum change_kind {
	CHANGE_WROTE,      /* a file, the text to write back */
	CHANGE_MADE,       /* a file or a device node */
	CHANGE_TREE,       /* a directory */
	CHANGE_LOOP,       /* an image, its device number and inode: the loop is found by them */
	CHANGE_LOOP_ADDED, /* the number of a loop device that the kernel did not have before */
	CHANGE_MOUNT,      /* target, source, type, options */
	CHANGE_CGROUP,     /* a directory */
	CHANGE_ZRAM_ADDED, /* the numbers that there were before, as ",0,1," */
	CHANGE_ZRAM,       /* a number, "added" or "found" */
	CHANGE_INSTANCE,   /* a directory */
	CHANGE_NETDEV,     /* a network device */
	CHANGE_RXE,        /* a Soft-RoCE device */
	CHANGE_DM,         /* a device of the device mapper */
	CHANGE_SCSI_DEBUG, /* the vendor that its disk reports */
	CHANGE_KINDS
};

struct change {
	enum change_kind kind;
	const char *word[CHANGE_WORDS];
	unsigned sum; /* of its line in the journal, by which it is called undone */
};

#define CHANGE(which, ...) ((struct change){.kind = (which), .word = {__VA_ARGS__}})

/* What machine->changes points to. The words are its own copies. */
struct changes {
	unsigned count, capacity;
	unsigned lines; /* in the journal */
	struct change *list;
	bool own_directory; /* the state directory is named by us, so that it may go at the end */
};

/* Puts the sentence into machine->why and returns -1. */
int machine_fail(struct machine *machine, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

int change_begin(struct machine *machine, struct change change);
/* The last change was not made; never fails, since undoing is tolerant. Or it became another one.
 */
void change_cancel(struct machine *machine);
int change_amend(struct machine *machine, struct change change);
/* The changes that are not undone yet, or NULL where the machine is not open. */
struct changes *machine_changes(const struct machine *machine);

/* machine_line.c. The line of a name and its words, or NULL without memory; *sum is its checksum.
 * And back: how many words (the name is one), 0 for a line whose checksum does not hold. */
char *line_of(const char *name, const char *const *words, unsigned count, unsigned *sum);
unsigned line_words(char *line, char *words[CHANGE_WORDS + 1], unsigned *sum);

/* machine_journal.c. Reading adds to machine->changes what may still be undone (after a boot only
 * what lives on disks). Rewriting replaces the journal as a whole, atomically. */
int journal_read(struct machine *machine);
int journal_rewrite(struct machine *machine);
int journal_append(struct machine *machine, struct change *change);
int journal_undone(struct machine *machine, const struct change *change);
int changes_add(struct machine *machine, const struct change *change);
void changes_drop(struct changes *changes, unsigned index);
void change_free(struct change *change);
void journal_path(const struct machine *machine, const char *suffix, char *path, size_t bytes);

/* How a kind is called, how many words it has, and whether a boot leaves it standing. */
struct change_type {
	const char *name;
	unsigned words;
	bool on_disk;
	int (*undo)(struct machine *machine, const struct change *change);
};
extern const struct change_type change_types[CHANGE_KINDS];

/* machine_lock.c: makes the state directory and takes its lock; gives it back. */
int lock_take(struct machine *machine, bool *own_directory);
void lock_release(struct machine *machine, bool own_directory);

/* Undoing, by kind: 0, or -1 with machine->why. */
int undo_wrote(struct machine *machine, const struct change *change);
int undo_made(struct machine *machine, const struct change *change);
int undo_tree(struct machine *machine, const struct change *change);
int undo_loop(struct machine *machine, const struct change *change);
int undo_loop_added(struct machine *machine, const struct change *change);
int undo_mount(struct machine *machine, const struct change *change);
int undo_cgroup(struct machine *machine, const struct change *change);
int undo_zram(struct machine *machine, const struct change *change);
int undo_zram_added(struct machine *machine, const struct change *change);
int undo_instance(struct machine *machine, const struct change *change);
int undo_netdev(struct machine *machine, const struct change *change);
int undo_rxe(struct machine *machine, const struct change *change);
int undo_dm(struct machine *machine, const struct change *change);
int undo_scsi_debug(struct machine *machine, const struct change *change);

/* Writes value to path; undo is what will be written to undo_path. */
int machine_write_undone(struct machine *machine, const char *path, const char *value,
			 const char *undo_path, const char *undo);

/* Makes the node of a block device where devtmpfs does not; journalled. */
int machine_device_node(struct machine *machine, const char *name, char *path, size_t bytes);

/* Removes a tree; refuses where something is mounted in it. */
int remove_tree(const char *path, char *why, size_t why_bytes);

/* The kernel tells nobody when a busy thing stops being busy, so those who wait for it ask again:
 * patience_left() pauses, keeps errno, and returns false once the limit is over. */
enum { BUSY_LIMIT_MS = 5000, LOCK_LIMIT_MS = 3000 };
struct patience {
	uint64_t end_ns;
};
struct patience patience_of(unsigned limit_ms);
bool patience_left(const struct patience *patience);

#endif
