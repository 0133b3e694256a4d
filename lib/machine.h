/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's state that outlives a process: mounts, loop devices, sysctls, cgroups, swap, huge
 * pages, directories. Every change is written to a journal and fsynced before it is made, and
 * undone in reverse order: by machine_rewind() after a case, by machine_close() at the end or on a
 * signal, and by the next machine_open() after a kill -9, a crash or a power cut.
 *
 * All functions return 0 (or a count where said) on success and -1 on failure, with one sentence
 * in machine->why.
 */
#ifndef LIB_MACHINE_H
#define LIB_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MACHINE_WHY_BYTES = 512 };

struct machine {
	char why[MACHINE_WHY_BYTES];
	char directory[256]; /* of journal and lock: /run/dirtypin, or $XDG_RUNTIME_DIR/dirtypin */
	int lock_fd, journal_fd;
	void *changes; /* the undo list */
};

/* Opens the journal and takes the lock (one run that changes the machine at a time). Repairs what
 * an earlier run left, and returns the number of changes that it undid; what it could not undo
 * stays journalled, with the first reason in why. -1: another run is alive (its pid is in why), or
 * the directory cannot be written. DIRTYPIN_STATE_DIR names another directory. */
int machine_open(struct machine *machine);

/* A forked child calls this first: it gives up lock and journal, which stay its parent's. */
void machine_after_fork(struct machine *machine);

/* A point to go back to; machine_rewind() undoes everything since. Undoing goes on past a failure;
 * -1 then, with the first in why, and the entry stays journalled for the next run. */
unsigned machine_mark(const struct machine *machine);
int machine_rewind(struct machine *machine, unsigned mark);

/* Undoes all, removes journal and lock. */
int machine_close(struct machine *machine);

/* Writes value to a sysctl ("vm.dirty_bytes") or to any file of /proc or /sys; the old contents
 * come back on undo. For pairs such as vm.dirty_bytes / vm.dirty_ratio, where writing one zeroes
 * the other, the one that was in force comes back. */
int machine_sysctl(struct machine *machine, const char *key, const char *value);
int machine_write_file(struct machine *machine, const char *path, const char *value);

/* Makes a directory (undone by removing the tree, which must stay on one file system). */
int machine_directory(struct machine *machine, const char *path);

/* Makes path a file of bytes bytes, sparse (undone by removing it). */
int machine_image(struct machine *machine, const char *path, uint64_t bytes);

/* Attaches image to a free loop device (with direct I/O to the image where the file system below
 * allows it) and writes its name ("/dev/loop3") to device (64 bytes). */
int machine_loop(struct machine *machine, const char *image, char *device);

/* mount(2) and its undo (thaws first if it is frozen, retries while busy, then MNT_DETACH). */
int machine_mount(struct machine *machine, const char *source, const char *target, const char *type,
		  const char *options);

/* Unmounts and mounts again, as it was. EBUSY is retried for 5 s. */
int machine_remount(struct machine *machine, const char *target);

/* One target of the device mapper, over the whole device. */
struct dm_table {
	const char *target, *parameters; /* as dmsetup(8) takes them */
	uint64_t sectors;                /* of 512 bytes */
};

/* Makes a device-mapper device called name and writes the name of its node to device (64 bytes).
 * Undone by removing it; EBUSY is retried for 5 s. */
int machine_dm(struct machine *machine, const char *name, const struct dm_table *table,
	       char *device);

/* Makes a SCSI disk of bytes in memory that checks protection information (scsi_debug), and writes
 * its name to device (64 bytes). Undone by unloading the module. */
int machine_protected_disk(struct machine *machine, uint64_t bytes, char *device);

/* Makes a memory cgroup (v1 or v2, whichever has the controller) below the runner's own, with a
 * limit of bytes, and writes its directory to path. Undone after moving leftover processes out. */
int machine_memory_cgroup(struct machine *machine, const char *name, uint64_t bytes, char *path,
			  size_t path_bytes);

/* Makes a swap device of bytes on zram and turns it on. Undone by swapoff and reset. */
int machine_zram_swap(struct machine *machine, uint64_t bytes);

/* Reserves pages huge pages of the default size more than there are free now. */
int machine_huge_pages(struct machine *machine, unsigned pages);

/* Mounts tracefs where it is not mounted yet, makes an instance called name and writes its
 * directory to path. Undone by removing it. */
int machine_trace_instance(struct machine *machine, const char *name, char *path,
			   size_t path_bytes);

/* Makes a Soft-RoCE device called name (rxe0, say) on a network device of its own, with an address
 * of its own and a path MTU of 4096. Undone by deleting both; the modules stay loaded. */
int machine_rxe(struct machine *machine, const char *name);

/* Makes Soft-RoCE devices until devices of those that there are can be used. */
int machine_rdma(struct machine *machine, unsigned devices);

/* The InfiniBand and RoCE devices with an active port, in the order of their names; returns how
 * many. And whether machine_rxe() can make one here. No machine needed. */
enum { RDMA_DEVICES = 8, RDMA_NAME_BYTES = 64 };
unsigned rdma_devices(char names[RDMA_DEVICES][RDMA_NAME_BYTES]);
bool rdma_can_make(void);

/* Loads a file's text without its last newline; -1 if it cannot be read. No machine needed. */
int read_text(const char *path, char *text, size_t bytes);

/* Writes text to an existing file; -1 with errno set. No machine needed. */
int write_text(const char *path, const char *text);

/* Runs a program without a shell, its output kept out of ours; -1 with its last line of stderr
 * in why. */
int run_program(const char *const *arguments, char *why, size_t why_bytes);

#endif
