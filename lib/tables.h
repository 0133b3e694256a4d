/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contracts: what a file of bench/, stress/, reproducers/ and the tables of backings and file
 * systems offer. Each such file ends with its table, which a constructor puts on a list:
 *
 *	WORKLOAD(odirect) = { .summary = "...", ... };
 *
 * The lists are sorted by name. Nothing outside of a file names it.
 */
#ifndef LIB_TABLES_H
#define LIB_TABLES_H

#include "lib/option.h"
#include "lib/words.h"

struct run;
struct mover;
struct op;
struct stress;
struct machine;
struct case_spec;

/* What a table needs; a bit each. The plan turns an unmet need into a skip that names it. */
enum need {
	NEED_ROOT = 1,
	NEED_FILE = 1 << 1,         /* a subject that has a file */
	NEED_BLOCK_DEVICE = 1 << 2, /* a file system that lives on one */
	NEED_PAGE_CACHE = 1 << 3,   /* a subject that is dirtied through the page cache */
	NEED_WAY_OUT = 1 << 4,      /* pinned memory is the source */
	NEED_DIRECT_IO = 1 << 5,    /* a file system whose O_DIRECT reaches the device */
	NEED_DISK_FILE = 1 << 6,    /* a subject whose file is not in memory only */
	NEED_MAPPED_FILE = 1 << 7,  /* the backing is a shared file mapping */
};

/* The far end that a workload moves bytes to or from. */
enum far_end {
	FAR_SELF,   /* none: the stamp goes straight into the memory */
	FAR_MEMORY, /* a buffer per op, shared with the processes that the workload forks */
	FAR_FILE,   /* a file, by descriptor and offset */
};

struct workload {
	const char *name, *summary;
	const char *missing; /* why it was not built, or NULL */
	enum pin pin;
	unsigned ways; /* of enum way */
	enum far_end far;
	unsigned needs;
	bool far_direct;        /* it opens the far file with O_DIRECT where that exists */
	bool far_buffered_out;  /* way OUT dirties the far file through the page cache */
	bool counted_always;    /* its pins show in nr_foll_pin_acquired on every kernel */
	bool counted_since_6_5; /* ... only from 6.5 on (FOLL_GET before) */
	const int *refusals;    /* errnos, ended by 0, by which the kernel may refuse the pin */
	const struct option_row *options;
	size_t state_bytes;

	/* What is missing on the running machine: NULL, or a reason and what to try. */
	const char *(*probe)(void);
	/* Runs in the parent before the case: takes what the machine must lend, through
	 * machine_*(). Returns 0, or -1 with machine->why set. */
	int (*prepare)(struct machine *machine);
	/* What the kernel should do, known before acting. NULL: allowed. */
	enum promise (*promise)(const struct case_spec *spec);
	/* Takes what lasts for the case (descriptors, rings, long pins); may be NULL. */
	void (*setup)(struct mover *mover);
	/* Starts ops; a synchronous workload ends each by op_done() before it returns. Returns how
	 * many were taken, at least one. */
	unsigned (*submit)(struct mover *mover, struct op **ops, unsigned count);
	/* Waits for at least wanted ops and ends each by op_done(). NULL for a synchronous one. */
	void (*reap)(struct mover *mover, unsigned wanted);
	/* Gives everything back, long pins first; may be NULL. */
	void (*teardown)(struct mover *mover);
};

struct backing {
	const char *name, *summary;
	bool file;        /* a file stands behind it */
	bool on_disk;     /* ... on the file system of the case */
	bool shared;      /* what the memory gets, the file gets */
	bool forks_along; /* MADV_DONTFORK cannot be taken back (hugetlb on 7.2: EINVAL) */
	const char *(*probe)(void);
	/* Runs in the parent before the case: takes what the machine must lend (huge pages). */
	int (*prepare)(struct machine *machine, size_t bytes);
	/* Maps run->region_bytes at run->memory, from run->memory_path where file is set. Ends the
	 * case by run_broken() or run_skip() on failure. */
	void (*map)(struct run *run);
};

struct stressor {
	const char *name, *summary;
	enum place place;
	unsigned needs;
	unsigned excuses; /* of enum excuse: what it may ever pass to ledger_disturb_begin() */
	const int *excused_errors; /* errnos, ended by 0, by which an op may fail meanwhile */
	bool excuses_short;        /* an op may end short meanwhile */
	bool excuses_sync_error;   /* fsync may report EIO for what happened before it, once */
	bool owns_blocks;          /* it is a writer of its own: see stress_next_block() */
	bool removes;              /* memory may vanish under the CPU (SIGBUS) meanwhile */
	bool touches_memory;       /* it stores to the pinned memory: see stress_claim_block() */
	bool causes_writeback;     /* the subject, if dirtied in the page cache, must be written */
	const char *const *ignored_kernel_log; /* substrings of expected lines, ended by NULL */
	const struct option_row *options;
	uint64_t pause_ns; /* between two bites */
	size_t state_bytes;

	const char *(*probe)(void);
	/* Runs in the parent, before the case is forked: changes of the machine, all through
	 * machine_*(), which undo themselves after the case. Returns 0, or -1 with
	 * machine->why set. */
	int (*prepare)(struct machine *machine, struct stress *stress);
	/* Runs in the case's process before anything is mapped (joins a cgroup, say). */
	void (*enter)(struct stress *stress);
	/* Runs where the stressor lives (a thread INSIDE, a child process BESIDE). */
	void (*start)(struct stress *stress);
	/* One bite. Returns how many were taken (0: nothing to do just now), or -errno, which makes
	 * the case broken. */
	int (*disturb)(struct stress *stress);
	void (*stop)(struct stress *stress);
};

/* What lies between a file system and its image. Asked for by name: FILESYSTEM+LAYER. */
struct layer {
	const char *name, *summary;
	bool checksummed; /* it notices a buffer that changed before it arrived */
	bool is_disk;     /* there is no image: it is a disk of its own */
	const char *(*probe)(void);
	/* Puts the layer on the block device and writes the name of the new one there (64 bytes);
	 * a disk of its own has at least so many bytes. name is the file system's, for what needs
	 * one. All through machine_*(). Returns 0, or -1 with machine->why set. */
	int (*make)(struct machine *machine, const char *name, uint64_t bytes, char *device);
};

struct mount;

struct filesystem {
	const char *name, *summary;
	bool block_device;
	bool checksummed;     /* data checksums: a changed buffer becomes unreadable */
	bool journalled_data; /* after fsync the data may be in the journal, not in place */
	bool logical_fiemap;  /* FIEMAP names logical addresses (btrfs) */
	bool reflink;
	bool freezes;
	unsigned direct_align;   /* smallest aligned O_DIRECT that reaches the device; 0: none */
	uint64_t image_bytes;    /* a size that fits */
	const char *program;     /* mkfs, or NULL */
	const char *const *make; /* arguments between program and device, ended by NULL */
	const char *kernel_type; /* for mount(2) and /proc/filesystems */
	const char *mount_options;
	const char *(*probe)(void);
	const struct layer *layer; /* that it lies on, or NULL */
};

/* A range of kernels [from, to) as "major.minor[.patch]"; NULL is open. */
struct kernel_range {
	const char *from, *to;
};

struct reproducer {
	const char *name, *summary;
	const char *case_id;    /* the case whose options it fixes, or NULL */
	const char *class_word; /* corruption, lost write, leak, API change, limitation */
	const char *fixed_by;   /* 12 hex digits and title */
	struct kernel_range bad[4];
};

/* Registration. The lists are linked through nodes so that the tables stay const. */
enum table_kind {
	TABLE_WORKLOAD,
	TABLE_BACKING,
	TABLE_STRESSOR,
	TABLE_FILESYSTEM,
	TABLE_LAYER,
	TABLE_REPRODUCER,
	TABLE_KINDS
};

struct table_node {
	const void *table;
	const char *name;
	struct table_node *next;
};

void table_register(enum table_kind kind, struct table_node *node);
const struct table_node *table_first(enum table_kind kind);
unsigned table_count(enum table_kind kind);

/* The table called name, or NULL. */
const struct workload *workload_find(const char *name);
const struct backing *backing_find(const char *name);
const struct stressor *stressor_find(const char *name);
const struct filesystem *filesystem_find(const char *name);
const struct layer *layer_find(const char *name);
const struct reproducer *reproducer_find(const char *name);

#define TABLE_REGISTER_AS(kind, type, word, called)                                                \
	extern const struct type type##_##word;                                                    \
	__attribute__((constructor)) static void type##_##word##_register(void)                    \
	{                                                                                          \
		static struct table_node node = {&type##_##word, called, NULL};                    \
		table_register(kind, &node);                                                       \
	}                                                                                          \
	const struct type type##_##word

#define TABLE_REGISTER(kind, type, word) TABLE_REGISTER_AS(kind, type, word, #word)

/* Ends a file: WORKLOAD(word) = { .name is filled by hand }. The word is the name. */
#define WORKLOAD(word)   TABLE_REGISTER(TABLE_WORKLOAD, workload, word)
#define BACKING(word)    TABLE_REGISTER(TABLE_BACKING, backing, word)
#define STRESSOR(word)   TABLE_REGISTER(TABLE_STRESSOR, stressor, word)
#define FILESYSTEM(word) TABLE_REGISTER(TABLE_FILESYSTEM, filesystem, word)
#define LAYER(word)      TABLE_REGISTER(TABLE_LAYER, layer, word)
#define REPRODUCER(word) TABLE_REGISTER(TABLE_REPRODUCER, reproducer, word)

/* A file system on a layer; its name is "word+on". */
#define FILESYSTEM_ON(word, on)                                                                    \
	TABLE_REGISTER_AS(TABLE_FILESYSTEM, filesystem, word##_on_##on, #word "+" #on)

#define TABLE_OF(node, type) ((const struct type *)(node)->table)
#define for_each_table(node, kind)                                                                 \
	for (const struct table_node *node = table_first(kind); node; node = node->next)

#endif
