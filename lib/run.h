/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A case while it runs: what a workload (through its mover) and a stressor (through its stress)
 * see.
 *
 * The life of an op: the engine picks a block, issues a generation in the ledger, stamps the source
 * (the pinned memory for OUT, the far end for IN) and hands the op to submit(). The workload moves
 * exactly op->bytes between op->memory and the far end, and ends the op once, by op_done(), with
 * what the kernel said. op_done() alone judges the result and moves the ledger.
 */
#ifndef LIB_RUN_H
#define LIB_RUN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/case.h"
#include "lib/ledger.h"
#include "lib/result.h"

enum { PATH_BYTES = 512, DIRECTORY_BYTES = 448, SUBJECTS = 2, STRESS_WRITER = 200 };

/* What is judged: the place that ops move bytes to, and what lies behind it. */
struct subject {
	struct ledger *ledger;
	uint8_t *map; /* the mapping, or NULL */
	bool has_file;
	bool on_disk;          /* its file lives on the case's file system */
	char path[PATH_BYTES]; /* of the file; "/proc/self/fd/N" for a memfd */
	int fd;                /* opened read-write without O_DIRECT; -1 without a file */
	unsigned views;        /* a mask, 1 << enum view */
	uint64_t bytes;
};

struct op {
	uint8_t *memory; /* where in the pinned memory */
	uint64_t memory_offset;
	uint8_t *far_memory; /* FAR_MEMORY: the other end */
	uint64_t far_offset; /* FAR_FILE: the other end, in run->far_path */
	uint32_t bytes;
	uint32_t index; /* 0 to depth - 1: constant for the op's slot in the mover */
	uint32_t block, generation, plane;
	uint64_t start_ns;
	struct op *next;
};

/* One instance of a workload, in a thread of its own, moving the blocks that it owns. */
struct mover {
	struct run *run;
	const struct workload *workload;
	uint16_t writer;
	enum way way;
	unsigned depth;
	uint32_t block_bytes;
	void *state; /* workload->state_bytes, zeroed */
	uint64_t random;
	struct op *ops, *free_ops;
	unsigned in_flight;
	uint8_t *far_memory; /* depth * block_bytes, in shared memory */
	struct hist latency;
	uint64_t ops_done, bytes_done, ops_failed;
	uint32_t cursor; /* the engine's place in this mover's blocks */
	void *sample;    /* the engine's log of op times */
	pthread_t thread;
};

struct stress {
	const struct stressor *stressor;
	struct run *run; /* NULL in prepare() */
	const struct case_spec *spec;
	struct stress_result *result; /* shared; NULL in prepare() */
	void *state; /* stressor->state_bytes, zeroed; as prepare() left it, but private
			to each process */
	char scratch[PATH_BYTES]; /* a directory on the case's file system, for files of its own */
	uint64_t random;
	uint16_t writer;
	pthread_t thread;
	pid_t pid;
};

struct gate;

struct run {
	const struct case_spec *spec;
	struct case_result *result;
	uint64_t seed;
	uint64_t move_ns; /* how long the case moves bytes, over all epochs */

	uint8_t *memory; /* the pinned memory */
	size_t region_bytes;
	size_t mapped_bytes; /* of the mapping: region_bytes, rounded up to whole huge pages */
	int memory_fd;       /* what is mapped, or -1 */
	char memory_path[PATH_BYTES];

	int far_fd; /* FAR_FILE: read-write, without O_DIRECT; -1 otherwise */
	char far_path[PATH_BYTES];
	unsigned planes; /* IN: the far file holds this many generations of the region */
	bool far_on_subject_fs;

	uint32_t slot_bytes, block_bytes, blocks, slots_per_block;
	enum way way;

	char directory[DIRECTORY_BYTES];       /* on the case's file system */
	char other_directory[DIRECTORY_BYTES]; /* on another one; for apart=1 */
	char device[64];                       /* the block device under directory, or empty */

	struct subject subject[SUBJECTS];
	unsigned subjects;

	struct mover mover[8];
	unsigned movers;
	struct stress stress[STRESSORS_PER_CASE];
	struct gate *gate;        /* shared: closed while views are compared */
	atomic_uint *block_claim; /* shared: one word per block, for stressors that touch memory */
	bool judge;               /* false: judge=0, bytes are neither stamped nor compared */
	bool refill;
	bool sequential;
	bool judge_on_arrival;           /* IN: the memory is judged as soon as an op ends, too */
	atomic_ullong judged_on_arrival; /* slots */
	unsigned owned_every; /* every how many blocks one belongs to a stressor; 0: none */
};

/* --- for workloads --- */

/* Ends op with what the kernel returned: bytes moved, or -errno. Call it once per op. */
void op_done(struct mover *mover, struct op *op, int64_t result);

/* --- for whoever finds that the case cannot go on: each ends the process --- */

/* We or the rig failed: what, on what, why, and what to try. */
_Noreturn void run_broken(struct run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A declared need turned out absent at the one call that may say so. */
_Noreturn void run_skip(struct run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* call was turned down with error (a positive errno). A refused pin passes if error is one of the
 * workload's refusals and the promise is not "allowed"; all else is broken. */
_Noreturn void run_refused(struct run *run, const struct workload *workload, int error,
			   const char *call);

/* Whether a stressor of the case excuses that an op fails with error (a positive errno). */
bool run_excuses_error(const struct run *run, int error);

/* Opens path; adds O_CLOEXEC. The far file with O_DIRECT where the workload asks for it and the
 * file system has it. End the case when they fail. */
int run_open(struct run *run, const char *path, int flags);
int mover_open_far(struct mover *mover);

/* --- for stressors --- */

/* Which subject a stressor acts on: the primary one if it has a file, else the other; NULL if none
 * has. */
struct subject *stress_subject(struct stress *stress);

/* A random number below limit (limit > 0), from the stressor's own seeded sequence. */
uint64_t stress_random(struct stress *stress, uint64_t limit);

/* owns_blocks: picks one of the blocks that belong to this stressor, issues a generation of it,
 * writes its stamps to bytes (run->block_bytes), and says where the block lies in the subject. */
struct stress_block {
	uint32_t block, first_slot, slots, generation;
	uint64_t offset;
};
void stress_next_block(struct stress *stress, struct stress_block *block, uint8_t *bytes);
/* The write of that block is over. */
void stress_complete_block(struct stress *stress, const struct stress_block *block, bool success);

/* touches_memory: picks a block with an op in flight and keeps the engine from refilling it until
 * stress_release_block(). Returns false if there is none just now. */
bool stress_claim_block(struct stress *stress, struct stress_block *block);
void stress_release_block(struct stress *stress, const struct stress_block *block);

/* Says once, in words, what the stressor saw that it did (its evidence in the record). */
void stress_note(struct stress *stress, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The subject's ledger range that covers bytes [offset, offset + bytes). */
void stress_disturb_begin(struct stress *stress, uint64_t offset, uint64_t bytes, unsigned excuses);
void stress_disturb_end(struct stress *stress, uint64_t offset, uint64_t bytes);

/* --- random numbers: xorshift64*, seeded; never the same sequence for two seeds --- */
uint64_t random_seeded(uint64_t seed, uint64_t stream);
uint64_t random_next(uint64_t *state);

/* Monotonic time in ns. */
uint64_t clock_ns(void);

#endif
