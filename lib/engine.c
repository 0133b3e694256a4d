// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The process of one case: set up, move bytes in epochs while the stressors run, compare the views
 * after each, unpin, compare again. The runner watches from outside and does what must come after
 * (pin counters, remount).
 */
#include "lib/engine_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/compare.h"
#include "lib/gate.h"
#include "lib/guard.h"
#include "lib/mover.h"
#include "lib/runner.h"
#include "lib/stress_loop.h"

/* More moving, for a stressor's first bite. */
#define BITE_LIMIT_NS (10 * ENGINE_SECOND_NS)

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

void engine_set_phase(struct run *run, enum phase phase)
{
	atomic_store(&run->result->phase, phase);
	atomic_fetch_add(&run->result->heartbeat, 1);
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

void engine_end_if_told(const struct run *run)
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
	return (uint64_t)used.tv_sec * ENGINE_SECOND_NS + (uint64_t)used.tv_nsec;
}

/* Lets the movers move for move_ns; longer until some op has ended and every stressor has bitten,
 * where patient. */
static void move(struct epoch *epoch, uint64_t move_ns, bool patient)
{
	struct run *run = epoch->run;
	uint64_t start = clock_ns(), cpu_before = cpu_ns(), now, beats;

	engine_set_phase(run, PHASE_MOVING);
	beats = atomic_load(&run->result->heartbeat);
	atomic_store(&epoch->stop, 0);
	atomic_store(&run->gate->moving, 1);
	gate_open(run->gate);
	pthread_barrier_wait(&epoch->begin);
	while ((now = clock_ns()) - start < move_ns ||
	       (patient && now - start < move_ns + BITE_LIMIT_NS &&
		(!all_have_bitten(run) || atomic_load(&run->result->heartbeat) == beats)))
		gate_wait(&run->gate->stop, 0, move_ns < 10000000 ? move_ns : 10000000);
	engine_end_if_told(run);
	atomic_store(&epoch->stop, 1);
	pthread_barrier_wait(&epoch->end);
	atomic_store(&run->gate->moving, 0);
	run->result->duration_ns += clock_ns() - start;
	run->result->cpu_ns += cpu_ns() - cpu_before;
	if (!gate_close(run->gate, ENGINE_END_LIMIT_NS))
		run_broken(run, "a stressor's bite did not end within %llu s",
			   (unsigned long long)(ENGINE_END_LIMIT_NS / ENGINE_SECOND_NS));
	engine_set_phase(run, PHASE_JUDGING);
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

static void run_epochs(struct run *run, const struct case_place *place)
{
	struct epoch epoch = {.run = run};
	struct worker workers[8];
	struct writeback_watch watch = {.method = WRITEBACK_NONE};
	struct subject *watched = run->subject[0].has_file   ? &run->subject[0]
				  : run->subject[1].has_file ? &run->subject[1]
							     : NULL;

	pthread_barrier_init(&epoch.begin, NULL, run->movers + 1);
	pthread_barrier_init(&epoch.end, NULL, run->movers + 1);
	for (unsigned i = 0; i < run->movers; i++) {
		int error;

		workers[i] = (struct worker){.epoch = &epoch, .mover = &run->mover[i]};
		error = pthread_create(&run->mover[i].thread, NULL, work, &workers[i]);
		if (error)
			run_broken(run, "pthread_create for writer %u: %s", i, strerror(error));
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
	result->promise = engine_promise(spec);
	result->page_cache_subject = case_dirties_page_cache(spec);
	guard_install();
	engine_enter_stressors(run, prepared);
	engine_set_up(run);
	run_epochs(run, place);
	engine_tear_down(run);
	if (run->judge)
		compare_unpinned(run);
	engine_fold_movers(run);
	engine_conclude(run);
	engine_set_phase(run, PHASE_DONE);
	_exit(0);
}
