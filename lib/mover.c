// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mover passes over its blocks again and again, each time in a new order. A pass ends with
 * nothing in flight, so a block never has two ops at once, and a slot has one writer at a time.
 */
#include "lib/mover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/planes.h"
#include "lib/stamp.h"
#include "lib/stress_loop.h"

enum { FLIGHTS = 1 << 14, FLIGHT_STRIDE_NO_IO = 64 };

/* The engine's own state of a mover, behind mover->sample. */
struct log {
	struct flight flights[FLIGHTS];
	size_t count;     /* ever added; the newest FLIGHTS are kept */
	uint32_t *blocks; /* the mover's, in the order of the pass */
	uint32_t block_count;
	struct planes planes;
	unsigned stride; /* every how many ops the clock is read */
};

static struct log *log_of(struct mover *mover)
{
	return mover->sample;
}

void *mover_take(struct mover *mover, size_t bytes)
{
	void *memory = calloc(1, bytes);

	if (!memory)
		run_broken(mover->run, "allocating %zu bytes: %s", bytes, strerror(ENOMEM));
	return memory;
}

static void shuffle(struct mover *mover)
{
	struct log *log = log_of(mover);

	for (uint32_t i = log->block_count - 1; i > 0; i--) {
		uint32_t j = random_next(&mover->random) % (i + 1);
		uint32_t block = log->blocks[i];

		log->blocks[i] = log->blocks[j];
		log->blocks[j] = block;
	}
}

struct stamp_id mover_stamp(const struct mover *mover, uint32_t block, uint32_t generation)
{
	const struct ledger *ledger = mover->run->subject[0].ledger;

	return (struct stamp_id){.seed = ledger->seed,
				 .slot = block * mover->run->slots_per_block,
				 .generation = generation,
				 .slot_bytes = ledger->slot_bytes,
				 .writer = mover->writer,
				 .file = ledger->file};
}

void mover_prepare(struct mover *mover)
{
	struct run *run = mover->run;
	size_t far_bytes = (size_t)mover->depth * mover->block_bytes;
	struct log *log = mover->sample = mover_take(mover, sizeof(*log));

	mover->state = mover_take(mover, mover->workload->state_bytes + 1);
	mover->ops = mover_take(mover, mover->depth * sizeof(struct op));
	log->blocks = mover_take(mover, run->blocks * sizeof(uint32_t));
	for (uint32_t block = 0; block < run->blocks; block++) {
		if (subject_owner(run, block) == mover->writer)
			log->blocks[log->block_count++] = block;
	}
	if (!log->block_count)
		run_broken(run, "writer %u has no block: %u blocks for %u writers", mover->writer,
			   run->blocks, run->movers);
	log->stride = mover->workload->far == FAR_SELF ? FLIGHT_STRIDE_NO_IO : 1;
	/* Shared, since a workload may fork the process at the other end. */
	mover->far_memory =
		mmap(NULL, far_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mover->far_memory == MAP_FAILED)
		run_broken(run, "mmap of %zu bytes: %s", far_bytes, strerror(errno));
	for (unsigned i = 0; i < mover->depth; i++) {
		struct op *op = &mover->ops[i];

		op->index = i;
		op->far_memory = mover->far_memory + (size_t)i * mover->block_bytes;
		op->next = mover->free_ops;
		mover->free_ops = op;
	}
	/* Before the clock runs: what a case with refill=0 measures has no writes in it. */
	if (mover->workload->far == FAR_FILE && mover->way == WAY_IN)
		planes_prepare(mover, &log->planes);
}

/* OUT: the CPU stores a new generation into the memory that will be pinned. */
static void fill_source(struct mover *mover, struct op *op, uint8_t *source)
{
	struct run *run = mover->run;
	struct stamp_id id = mover_stamp(mover, op->block, op->generation);
	struct subject *second =
		run->subjects == 2 && run->spec->backing->shared ? &run->subject[1] : NULL;

	if (second && source == op->memory)
		ledger_issue_as(second->ledger, id.slot, run->slots_per_block, op->generation);
	stamp_fill_run(source, &id, run->slots_per_block);
	if (second && source == op->memory)
		ledger_complete(second->ledger, id.slot, run->slots_per_block, op->generation);
}

/* refill=0: the read brings the generation that the memory holds already, so its header is spoiled
 * first. A read that does not arrive leaves a slot that nobody wrote. */
static void spoil(struct mover *mover, const struct op *op)
{
	for (uint32_t i = 0; i < mover->run->slots_per_block && mover->run->judge; i++)
		memset(op->memory + (size_t)i * mover->run->slot_bytes, 0xff, sizeof(uint64_t));
}

static void prepare_op(struct mover *mover, struct op *op, uint32_t block)
{
	struct run *run = mover->run;
	const struct planes *planes = &log_of(mover)->planes;
	struct ledger *ledger = run->subject[0].ledger;
	uint32_t slot = block * run->slots_per_block;

	op->block = block;
	op->bytes = run->block_bytes;
	op->memory_offset = (uint64_t)block * run->block_bytes;
	op->memory = run->memory + op->memory_offset;
	op->far_offset = op->memory_offset;
	if (run->block_claim)
		stress_engine_claim(run, block);
	if (planes->base) {
		op->plane = planes->next;
		op->far_offset += (uint64_t)op->plane * run->region_bytes;
		op->generation = planes->base[block] + op->plane;
		if (planes->reused)
			spoil(mover, op);
		else
			ledger_issue_as(ledger, slot, run->slots_per_block, op->generation);
	} else {
		op->generation = ledger_issue(ledger, slot, run->slots_per_block);
	}
	if (op->generation >= STAMP_GENERATION_LIMIT)
		run_broken(run, "block %u has used up its %u generations", block,
			   STAMP_GENERATION_LIMIT);
	if (run->judge && (mover->workload->far == FAR_SELF || mover->way == WAY_OUT))
		fill_source(mover, op, op->memory);
	else if (run->judge && mover->workload->far == FAR_MEMORY)
		fill_source(mover, op, op->far_memory);
	if (run->block_claim)
		stress_engine_in_flight(run, block);
}

static void submit(struct mover *mover, struct op **ops, unsigned count)
{
	struct log *log = log_of(mover);
	unsigned taken = 0;

	mover->in_flight += count;
	while (taken < count) {
		uint64_t now = mover->ops_done % log->stride ? 0 : clock_ns();
		unsigned more;

		for (unsigned i = taken; i < count; i++)
			ops[i]->start_ns = now;
		more = mover->workload->submit(mover, ops + taken, count - taken);
		if (!more && !mover->workload->reap)
			run_broken(mover->run, "%s took none of %u ops", mover->workload->name,
				   count - taken);
		if (!more)
			mover->workload->reap(mover, 1);
		taken += more;
	}
}

/* One pass over the mover's blocks. */
static void pass(struct mover *mover, atomic_uint *stop)
{
	struct log *log = log_of(mover);
	bool asynchronous = mover->workload->reap;
	struct op *batch[256];
	uint32_t next = 0;

	if (!mover->run->sequential)
		shuffle(mover);
	while (next < log->block_count && !atomic_load_explicit(stop, memory_order_relaxed)) {
		unsigned count = 0;

		while (mover->free_ops && next < log->block_count && count < 256 &&
		       (asynchronous || count == 0)) {
			struct op *op = mover->free_ops;

			mover->free_ops = op->next;
			prepare_op(mover, op, log->blocks[next++]);
			batch[count++] = op;
		}
		if (count)
			submit(mover, batch, count);
		if (asynchronous && mover->in_flight)
			mover->workload->reap(mover, 1);
	}
	while (mover->in_flight && asynchronous)
		mover->workload->reap(mover, mover->in_flight);
	if (mover->in_flight)
		run_broken(mover->run, "%s never ended %u of its ops", mover->workload->name,
			   mover->in_flight);
}

void mover_move(struct mover *mover, atomic_uint *stop)
{
	struct planes *planes = &log_of(mover)->planes;

	while (!atomic_load(stop)) {
		planes_ready(mover, planes);
		pass(mover, stop);
		if (!atomic_load(stop) || mover->run->refill)
			planes->next++;
	}
	/* A pass that was cut short leaves its plane half used; the next begins with newer ones. */
	if (mover->run->refill)
		planes->next = mover->run->planes;
}

struct flight *mover_flights(struct mover *mover, size_t *count)
{
	struct log *log = log_of(mover);

	*count = log->count < FLIGHTS ? log->count : FLIGHTS;
	log->count = 0;
	return log->flights;
}

void mover_log(struct mover *mover, const struct op *op, uint64_t now)
{
	struct log *log = log_of(mover);

	log->flights[log->count++ % FLIGHTS] =
		(struct flight){.start_ns = op->start_ns, .end_ns = now};
	hist_add(&mover->latency, now - op->start_ns);
}
