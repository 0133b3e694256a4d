// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The process of one case: set up, move bytes in epochs while the stressors run, compare the views
 * after each, unpin, compare again. The runner watches from outside and does what must come after
 * (pin counters, remount).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/compare.h"
#include "lib/gate.h"
#include "lib/guard.h"
#include "lib/mover.h"
#include "lib/runner.h"
#include "lib/stress_loop.h"

#define SECOND_NS 1000000000ull

/* Limits of waits; a machine under software emulation stays well below them. */
#define START_LIMIT_NS (20 * SECOND_NS)
#define BITE_LIMIT_NS  (10 * SECOND_NS) /* more moving, for a stressor's first bite */
#define END_LIMIT_NS   (20 * SECOND_NS)

enum { EPOCHS = 3 };

struct epoch {
	struct run *run;
	atomic_uint stop;
	pthread_barrier_t begin, end;
	atomic_uint over; /* no epoch follows */
};

/* What one mover's thread needs. */
struct worker {
	struct epoch *epoch;
	struct mover *mover;
};

static void set_phase(struct run *run, enum phase phase)
{
	atomic_store(&run->result->phase, phase);
	atomic_fetch_add(&run->result->heartbeat, 1);
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

static void enter_stressors(struct run *run, const struct stress *prepared)
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
	bool private = !run->spec->backing->shared;

	if (private && madvise(run->memory, run->region_bytes, keep ? MADV_DONTFORK : MADV_DOFORK))
		run_broken(run, "madvise(%s): %s", keep ? "MADV_DONTFORK" : "MADV_DOFORK",
			   strerror(errno));
}

static void set_up(struct run *run)
{
	const struct case_spec *spec = run->spec;

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
	keep_from_children(run, false);
	stress_start_inside(run);
	stress_wait_ready(run, START_LIMIT_NS);
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct epoch *epoch = worker->epoch;

	for (;;) {
		pthread_barrier_wait(&epoch->begin);
		if (atomic_load(&epoch->over))
			return NULL;
		mover_move(worker->mover, &epoch->stop);
		pthread_barrier_wait(&epoch->end);
	}
}

/* A stressor's process may have ended the case. */
static void end_if_told(const struct run *run)
{
	if (!atomic_load(&run->result->told_by))
		return;
	atomic_store(&run->result->phase, PHASE_DONE);
	_exit(0);
}

/* Whether each stressor has had its bite while ops were moving. */
static bool all_have_bitten(const struct run *run)
{
	for (unsigned i = 0; i < run->spec->stressors; i++) {
		const struct stress_result *result = &run->result->stress[i];

		if (atomic_load(&result->failed_errno))
			return true;
		if (stress_acts(run->spec->stressor[i]) &&
		    !atomic_load(&result->bites_while_moving))
			return false;
	}
	return true;
}

/* User and system time of this process, all threads. */
static uint64_t cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * SECOND_NS + (uint64_t)used.tv_nsec;
}

/* Lets the movers move for move_ns; longer until some op has ended and every stressor has bitten,
 * where patient. */
static void move(struct epoch *epoch, uint64_t move_ns, bool patient)
{
	struct run *run = epoch->run;
	uint64_t start = clock_ns(), cpu_before = cpu_ns(), now, beats;

	set_phase(run, PHASE_MOVING);
	beats = atomic_load(&run->result->heartbeat);
	atomic_store(&epoch->stop, 0);
	atomic_store(&run->gate->moving, 1);
	gate_open(run->gate);
	pthread_barrier_wait(&epoch->begin);
	while ((now = clock_ns()) - start < move_ns ||
	       (patient && now - start < move_ns + BITE_LIMIT_NS &&
		(!all_have_bitten(run) || atomic_load(&run->result->heartbeat) == beats)))
		gate_wait(&run->gate->stop, 0, move_ns < 10000000 ? move_ns : 10000000);
	end_if_told(run);
	atomic_store(&epoch->stop, 1);
	pthread_barrier_wait(&epoch->end);
	atomic_store(&run->gate->moving, 0);
	run->result->duration_ns += clock_ns() - start;
	run->result->cpu_ns += cpu_ns() - cpu_before;
	if (!gate_close(run->gate, END_LIMIT_NS))
		run_broken(run, "a stressor's bite did not end within %llu s",
			   (unsigned long long)(END_LIMIT_NS / SECOND_NS));
	set_phase(run, PHASE_JUDGING);
}

/* Compares the times in flight of all movers with what writeback did meanwhile. */
static void collect_writeback(struct run *run, struct writeback_watch *watch)
{
	struct flight *all = NULL;
	size_t total = 0;

	for (unsigned i = 0; i < run->movers; i++) {
		size_t count;
		struct flight *flights = mover_flights(&run->mover[i], &count);
		struct flight *grown = realloc(all, (total + count + 1) * sizeof(*all));

		if (!grown)
			run_broken(run, "allocating %zu times in flight: %s", total + count,
				   strerror(ENOMEM));
		all = grown;
		memcpy(all + total, flights, count * sizeof(*all));
		total += count;
	}
	writeback_watch_collect(watch, all, total, &run->result->writeback);
	free(all);
}

static void fold_movers(struct run *run)
{
	struct case_result *result = run->result;

	result->ops = result->bytes = result->failed_ops = 0;
	memset(&result->latency, 0, sizeof(result->latency));
	for (unsigned i = 0; i < run->movers; i++) {
		const struct mover *mover = &run->mover[i];

		result->ops += mover->ops_done;
		result->bytes += mover->bytes_done;
		result->failed_ops += mover->ops_failed;
		hist_merge(&result->latency, &mover->latency);
	}
}

/* The verdict, as far as this process can see it. */
static void conclude(struct run *run)
{
	struct case_result *result = run->result;

	end_if_told(run);
	/* What a stressor does wrong may look like damage: its own failure comes first. */
	for (unsigned i = 0; i < run->spec->stressors; i++) {
		struct stress_result *stress = &result->stress[i];
		unsigned error = atomic_load(&stress->failed_errno);

		if (error)
			run_broken(run, "%s: %s%s%s", stress->name, strerror(error),
				   stress->note[0] ? ": " : "", stress->note);
	}
	result->outcome = OUTCOME_DATA;
	result->verdict = VERDICT_PASS;
	if (result->findings.count) {
		result->verdict = VERDICT_FAIL;
		return; /* the runner words it, together with what it finds itself */
	}
	if (!run->judge)
		run_skip(run, "judge=0: nothing was judged");
	if (result->ops == result->failed_ops)
		run_broken(run, "no overlap: none of %llu ops moved its bytes",
			   (unsigned long long)result->ops);
	for (unsigned i = 0; i < run->spec->stressors; i++) {
		const struct stress_result *stress = &result->stress[i];

		if (stress_acts(run->spec->stressor[i]) && !stress->bites_while_moving)
			run_broken(run,
				   "no overlap: %s took %llu bites, none while ops were moving",
				   stress->name, (unsigned long long)stress->bites);
		if (run->spec->stressor[i]->causes_writeback && result->page_cache_subject &&
		    !result_overlap(result))
			run_broken(run, "no overlap: the subject was never under writeback while "
					"an op was in flight (%llu pages dirtied, %llu written)",
				   (unsigned long long)result->writeback.dirtied_pages,
				   (unsigned long long)result->writeback.written_pages);
	}
}

static void run_epochs(struct run *run, const struct case_place *place)
{
	struct epoch epoch = {.run = run};
	struct worker workers[8];
	struct writeback_watch watch = {.method = WRITEBACK_NONE};
	struct subject *watched = run->subject[0].has_file	? &run->subject[0]
				  : run->subject[1].has_file ? &run->subject[1]
							     : NULL;

	pthread_barrier_init(&epoch.begin, NULL, run->movers + 1);
	pthread_barrier_init(&epoch.end, NULL, run->movers + 1);
	for (unsigned i = 0; i < run->movers; i++) {
		workers[i] = (struct worker){.epoch = &epoch, .mover = &run->mover[i]};
		if (pthread_create(&run->mover[i].thread, NULL, work, &workers[i]))
			run_broken(run, "pthread_create: %s", strerror(errno));
	}
	if (watched)
		writeback_watch_start(&watch, place->trace_instance, watched->fd);
	for (unsigned i = 0; i < EPOCHS; i++) {
		move(&epoch, run->move_ns / EPOCHS, i + 1 == EPOCHS);
		run->result->epochs++;
		if (watched)
			collect_writeback(run, &watch);
		if (run->judge)
			compare_at_rest(run);
	}
	if (watched)
		writeback_watch_stop(&watch);
	atomic_store(&epoch.over, 1);
	pthread_barrier_wait(&epoch.begin);
	for (unsigned i = 0; i < run->movers; i++)
		pthread_join(run->mover[i].thread, NULL);
}

static void tear_down(struct run *run)
{
	set_phase(run, PHASE_TEARDOWN);
	if (!stress_end(run, END_LIMIT_NS))
		run_broken(run, "a stressor did not end within %llu s and was killed",
			   (unsigned long long)(END_LIMIT_NS / SECOND_NS));
	for (unsigned i = 0; i < run->movers; i++) {
		if (run->mover[i].workload->teardown)
			run->mover[i].workload->teardown(&run->mover[i]);
	}
}

/* One workload's pin that will be refused ends the case; one that may be makes it unknown. */
static enum promise promise_of(const struct case_spec *spec)
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

void engine_run(const struct case_spec *spec, const struct case_place *place,
		struct ledger *const ledgers[SUBJECTS], const struct stress *prepared,
		struct case_result *result, uint64_t move_ns)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		_exit(1);
	subject_layout(run, spec, place);
	run->result = result;
	run->move_ns = move_ns;
	for (unsigned i = 0; i < run->subjects; i++)
		run->subject[i].ledger = ledgers[i];
	result->promise = promise_of(spec);
	result->page_cache_subject = case_dirties_page_cache(spec);
	guard_install();
	enter_stressors(run, prepared);
	set_up(run);
	run_epochs(run, place);
	tear_down(run);
	if (run->judge)
		compare_unpinned(run);
	fold_movers(run);
	conclude(run);
	set_phase(run, PHASE_DONE);
	_exit(0);
}
