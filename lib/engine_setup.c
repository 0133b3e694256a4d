// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a case takes before it moves bytes, and gives back after: files, memory, the state of the
 * workloads, and stressors that wait at the gate. The order matters. Processes are forked while
 * there is one thread, and private memory is kept out of them, since copy-on-write is what some
 * stressors are there to provoke.
 */
#include "lib/engine_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/gate.h"
#include "lib/mover.h"
#include "lib/stress_loop.h"

#define START_LIMIT_NS (20 * ENGINE_SECOND_NS)

enum promise engine_promise(const struct case_spec *spec)
{
	enum promise all = PROMISE_ALLOWED;

	for (unsigned i = 0; i < spec->workloads; i++) {
		enum promise one = spec->workload[i]->promise ? spec->workload[i]->promise(spec)
							      : PROMISE_ALLOWED;

		if (one == PROMISE_REFUSED || all == PROMISE_REFUSED)
			all = PROMISE_REFUSED;
		else if (one == PROMISE_UNKNOWN)
			all = PROMISE_UNKNOWN;
	}
	return all;
}

static bool any_stressor(const struct run *run, bool (*is)(const struct stressor *))
{
	for (unsigned i = 0; i < run->spec->stressors; i++) {
		if (is(run->spec->stressor[i]))
			return true;
	}
	return false;
}

static bool removes(const struct stressor *stressor)
{
	return stressor->removes;
}

static bool touches_memory(const struct stressor *stressor)
{
	return stressor->touches_memory;
}

void engine_enter_stressors(struct run *run, const struct stress *prepared)
{
	run->result->stress_count = run->spec->stressors;
	for (unsigned i = 0; i < run->spec->stressors; i++) {
		struct stress *stress = &run->stress[i];

		*stress = prepared[i];
		stress->run = run;
		stress->result = &run->result->stress[i];
		stress->writer = STRESS_WRITER;
		stress->random = random_seeded(run->seed, 100 + i);
		strncpy(stress->result->name, stress->stressor->name,
			sizeof(stress->result->name) - 1);
		if (stress->stressor->enter)
			stress->stressor->enter(stress);
	}
}

static void open_files(struct run *run)
{
	subject_prefill(run);
	run->far_fd = -1;
	run->memory_fd = -1;
	if (run->spec->workload[0]->far == FAR_FILE)
		run->far_fd = run_open(run, run->far_path, O_RDWR);
	run->spec->backing->map(run);
	subject_prefill_memory(run);
	for (unsigned i = 0; i < run->subjects; i++) {
		struct subject *subject = &run->subject[i];

		if (subject->views & 1u << VIEW_MAP)
			subject->map = run->memory;
		if (!subject->has_file)
			continue;
		/* A memfd has its name only now. */
		if (!subject->path[0])
			strcpy(subject->path, run->memory_path);
		subject->fd = run_open(run, subject->path, O_RDWR);
	}
}

/* Private memory must not be shared copy-on-write with processes that are forked on the way: only
 * what a stressor does shall decide that. */
static void keep_from_children(struct run *run, bool keep)
{
	bool private = !run->spec->backing->shared && !run->spec->backing->forks_along;

	if (private && madvise(run->memory, run->mapped_bytes, keep ? MADV_DONTFORK : MADV_DOFORK))
		run_broken(run, "madvise(%s): %s", keep ? "MADV_DONTFORK" : "MADV_DOFORK",
			   strerror(errno));
}

static void set_up_movers(struct run *run)
{
	const struct case_spec *spec = run->spec;

	for (unsigned i = 0; i < run->movers; i++) {
		struct mover *mover = &run->mover[i];

		mover->run = run;
		mover->workload = spec->workload[i % spec->workloads];
		mover->writer = i;
		mover->way = run->way;
		mover->depth = option_get(&spec->options, "depth");
		mover->block_bytes = run->block_bytes;
		mover->random = random_seeded(run->seed, i);
		mover_prepare(mover);
		if (mover->workload->setup)
			mover->workload->setup(mover);
	}
}

void engine_set_up(struct run *run)
{
	run->gate = gate_new();
	if (!run->gate)
		run_broken(run, "mmap of the gate: %s", strerror(errno));
	if (any_stressor(run, touches_memory)) {
		size_t bytes = run->blocks * sizeof(atomic_uint);

		run->block_claim = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (run->block_claim == MAP_FAILED)
			run_broken(run, "mmap of %zu bytes: %s", bytes, strerror(errno));
	}
	open_files(run);
	run->judge_on_arrival = run->judge && run->way == WAY_IN && !any_stressor(run, removes);
	keep_from_children(run, true);
	stress_fork_beside(run);
	set_up_movers(run);
	keep_from_children(run, false);
	stress_start_inside(run);
	stress_wait_ready(run, START_LIMIT_NS);
}

void engine_tear_down(struct run *run)
{
	engine_set_phase(run, PHASE_TEARDOWN);
	if (!stress_end(run, ENGINE_END_LIMIT_NS))
		run_broken(run, "a stressor did not end within %llu s and was killed",
			   (unsigned long long)(ENGINE_END_LIMIT_NS / ENGINE_SECOND_NS));
	for (unsigned i = 0; i < run->movers; i++) {
		if (run->mover[i].workload->teardown)
			run->mover[i].workload->teardown(&run->mover[i]);
	}
}
