// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One loop for all stressors: wait at the gate, take a bite, count it, pause. A bite counts as
 * taken while moving if ops were being moved at its start or at its end.
 */
#include "lib/stress_loop.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/gate.h"

bool stress_acts(const struct stressor *stressor)
{
	return stressor->disturb;
}

/* Waits between two bites, on a word that nobody wakes unless the stressors are to end. */
static void pause_for(struct stress *stress)
{
	if (stress->stressor->pause_ns)
		gate_wait(&stress->run->gate->stop, 0, stress->stressor->pause_ns);
}

static void bite(struct stress *stress)
{
	struct gate *gate = stress->run->gate;
	unsigned moving = atomic_load(&gate->moving);
	int bites = stress->stressor->disturb(stress);

	moving |= atomic_load(&gate->moving);
	if (bites < 0)
		atomic_store(&stress->result->failed_errno, -bites);
	if (bites <= 0)
		return;
	atomic_fetch_add(&stress->result->bites, bites);
	if (moving)
		atomic_fetch_add(&stress->result->bites_while_moving, bites);
}

static void loop(struct stress *stress)
{
	struct gate *gate = stress->run->gate;

	if (stress->stressor->start)
		stress->stressor->start(stress);
	atomic_fetch_add(&gate->ready, 1);
	gate_wake(&gate->ready);
	while (gate_enter(gate)) {
		bite(stress);
		gate_leave(gate);
		pause_for(stress);
	}
	if (stress->stressor->stop)
		stress->stressor->stop(stress);
}

static void *inside(void *stress)
{
	loop(stress);
	return NULL;
}

static void beside(struct stress *stress, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	loop(stress);
	_exit(0);
}

void stress_fork_beside(struct run *run)
{
	for (unsigned i = 0; i < run->spec->stressors; i++) {
		struct stress *stress = &run->stress[i];
		pid_t parent = getpid();

		if (!stress_acts(stress->stressor) || stress->stressor->place != BESIDE)
			continue;
		stress->pid = fork();
		if (stress->pid < 0)
			run_broken(run, "fork for %s: %s", stress->stressor->name, strerror(errno));
		if (stress->pid == 0)
			beside(stress, parent);
	}
}

void stress_start_inside(struct run *run)
{
	for (unsigned i = 0; i < run->spec->stressors; i++) {
		struct stress *stress = &run->stress[i];
		int error;

		if (!stress_acts(stress->stressor) || stress->stressor->place != INSIDE)
			continue;
		error = pthread_create(&stress->thread, NULL, inside, stress);
		if (error)
			run_broken(run, "pthread_create for %s: %s", stress->stressor->name,
				   strerror(error));
	}
}

void stress_wait_ready(struct run *run, uint64_t limit_ns)
{
	uint64_t end = clock_ns() + limit_ns;
	unsigned wanted = 0, ready;

	for (unsigned i = 0; i < run->spec->stressors; i++)
		wanted += stress_acts(run->spec->stressor[i]);
	while ((ready = atomic_load(&run->gate->ready)) < wanted) {
		if (atomic_load(&run->result->told_by))
			_exit(0);
		if (clock_ns() > end)
			run_broken(run, "%u of %u stressors did not start within %llu s",
				   wanted - ready, wanted,
				   (unsigned long long)(limit_ns / 1000000000));
		gate_wait(&run->gate->ready, ready, 100000000);
	}
}

static bool end_beside(struct stress *stress, uint64_t end)
{
	while (clock_ns() < end) {
		pid_t pid = waitpid(stress->pid, NULL, WNOHANG);

		if (pid == stress->pid || (pid < 0 && errno == ECHILD))
			return true;
		poll(NULL, 0, 1);
	}
	kill(stress->pid, SIGKILL);
	waitpid(stress->pid, NULL, 0);
	return false;
}

bool stress_end(struct run *run, uint64_t limit_ns)
{
	uint64_t end = clock_ns() + limit_ns;
	bool all = true;

	gate_stop(run->gate);
	gate_wake(&run->gate->stop);
	for (unsigned i = 0; i < run->spec->stressors; i++) {
		struct stress *stress = &run->stress[i];

		if (!stress_acts(stress->stressor))
			continue;
		if (stress->stressor->place == BESIDE)
			all &= end_beside(stress, end);
		else
			pthread_join(stress->thread, NULL);
	}
	return all;
}

/* --- what stressors call --- */

struct subject *stress_subject(struct stress *stress)
{
	for (unsigned i = 0; i < stress->run->subjects; i++) {
		if (stress->run->subject[i].has_file)
			return &stress->run->subject[i];
	}
	return NULL;
}

uint64_t stress_random(struct stress *stress, uint64_t limit)
{
	return random_next(&stress->random) % limit;
}

void stress_note(struct stress *stress, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(stress->result->note, sizeof(stress->result->note), format, arguments);
	va_end(arguments);
}

static void slots_of(const struct ledger *ledger, uint64_t offset, uint64_t bytes, uint32_t *first,
		     uint32_t *count)
{
	uint64_t end = (offset + bytes + ledger->slot_bytes - 1) / ledger->slot_bytes;

	*first = offset / ledger->slot_bytes;
	if (*first > ledger->slots)
		*first = ledger->slots;
	*count = (end > ledger->slots ? ledger->slots : end) - *first;
}

void stress_disturb_begin(struct stress *stress, uint64_t offset, uint64_t bytes, unsigned excuses)
{
	struct ledger *ledger = stress_subject(stress)->ledger;
	uint32_t first, count;

	slots_of(ledger, offset, bytes, &first, &count);
	ledger_disturb_begin(ledger, first, count, excuses & stress->stressor->excuses);
}

/* Whether a long pin holds the pages that are disturbed: it keeps the orphaned ones, so what ops
 * move through it does not reach the subject again before it is given back. */
static bool outlives_disturbance(const struct stress *stress)
{
	const struct run *run = stress->run;

	if (stress_subject((struct stress *)stress) != &run->subject[0] || !run->subject[0].map)
		return false;
	for (unsigned i = 0; i < run->spec->workloads; i++) {
		if (run->spec->workload[i]->pin == PIN_LONG)
			return true;
	}
	return false;
}

void stress_disturb_end(struct stress *stress, uint64_t offset, uint64_t bytes)
{
	struct ledger *ledger = stress_subject(stress)->ledger;
	uint32_t first, count;

	if (outlives_disturbance(stress))
		return;
	slots_of(ledger, offset, bytes, &first, &count);
	ledger_disturb_end(ledger, first, count);
}
