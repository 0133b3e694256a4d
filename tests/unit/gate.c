// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * While the gate is closed nobody is inside, whoever comes and goes, in threads and in processes;
 * and no wait lasts for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/gate.h"
#include "lib/run.h"

#define LONG_NS  60000000000ull
#define SHORT_NS 1000000ull

enum { THREADS = 3, PROCESSES = 2, ROUNDS = 200 };

static struct gate *gate;

static int make(void **state)
{
	gate = gate_new();
	return gate ? 0 : -1;
}

static int unmake(void **state)
{
	return munmap(gate, sizeof(*gate));
}

static void begins_closed(void **state)
{
	assert_int_equal(atomic_load(&gate->open), 0);
	assert_int_equal(atomic_load(&gate->inside), 0);
	assert_int_equal(atomic_load(&gate->stop), 0);
	assert_true(gate_close(gate, 0));
}

static void who_enters_is_inside_until_he_leaves(void **state)
{
	gate_open(gate);
	assert_true(gate_enter(gate));
	assert_int_equal(atomic_load(&gate->inside), 1);
	assert_true(gate_enter(gate));
	assert_int_equal(atomic_load(&gate->inside), 2);
	gate_leave(gate);
	gate_leave(gate);
	assert_int_equal(atomic_load(&gate->inside), 0);
	assert_true(gate_close(gate, SHORT_NS));
}

static void closing_gives_up_at_its_limit(void **state)
{
	uint64_t start;

	gate_open(gate);
	assert_true(gate_enter(gate));
	start = clock_ns();
	assert_false(gate_close(gate, SHORT_NS));
	assert_true(clock_ns() - start >= SHORT_NS);
	assert_int_equal(atomic_load(&gate->open), 0);
	gate_leave(gate);
	assert_true(gate_close(gate, 0));
}

static void after_the_end_nobody_enters(void **state)
{
	gate_stop(gate);
	assert_false(gate_enter(gate));
	gate_open(gate);
	assert_false(gate_enter(gate));
	assert_int_equal(atomic_load(&gate->inside), 0);
}

static void *leave_later(void *word)
{
	while (!atomic_load((atomic_uint *)word))
		sched_yield();
	gate_leave(gate);
	return NULL;
}

static void closing_waits_for_who_is_inside(void **state)
{
	atomic_uint go = 0;
	pthread_t thread;

	gate_open(gate);
	assert_true(gate_enter(gate));
	assert_int_equal(pthread_create(&thread, NULL, leave_later, &go), 0);
	assert_false(gate_close(gate, SHORT_NS));
	atomic_store(&go, 1);
	assert_true(gate_close(gate, LONG_NS));
	assert_int_equal(atomic_load(&gate->inside), 0);
	pthread_join(thread, NULL);
}

static void *change_and_wake(void *word)
{
	atomic_store((atomic_uint *)word, 2);
	gate_wake(word);
	return NULL;
}

static void a_wait_ends_by_value_by_limit_or_by_waking(void **state)
{
	atomic_uint word = 1;
	uint64_t start = clock_ns();
	pthread_t thread;

	gate_wait(&word, 0, LONG_NS); /* it is not 0 already */
	assert_true(clock_ns() - start < LONG_NS);
	start = clock_ns();
	while (clock_ns() - start < SHORT_NS)
		gate_wait(&word, 1, SHORT_NS);
	start = clock_ns();
	assert_int_equal(pthread_create(&thread, NULL, change_and_wake, &word), 0);
	while (atomic_load(&word) == 1)
		gate_wait(&word, 1, LONG_NS);
	assert_true(clock_ns() - start < LONG_NS);
	pthread_join(thread, NULL);
}

/* Shared with processes: how many are inside as they count themselves, and what was seen. */
struct crowd {
	atomic_uint busy, entered, seen_closed;
	atomic_uint judging; /* the gate is closed, and gate_close() has returned */
};

static void come_and_go(struct crowd *crowd)
{
	while (gate_enter(gate)) {
		atomic_fetch_add(&crowd->busy, 1);
		if (atomic_load(&crowd->judging))
			atomic_fetch_add(&crowd->seen_closed, 1);
		atomic_fetch_add(&crowd->entered, 1);
		atomic_fetch_sub(&crowd->busy, 1);
		gate_leave(gate);
	}
}

static void *come_and_go_in_a_thread(void *crowd)
{
	come_and_go(crowd);
	return NULL;
}

static void judge_again_and_again(struct crowd *crowd)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned before = atomic_load(&crowd->entered);

		gate_open(gate);
		while (atomic_load(&crowd->entered) == before)
			sched_yield();
		assert_true(gate_close(gate, LONG_NS));
		atomic_store(&crowd->judging, 1);
		assert_int_equal(atomic_load(&crowd->busy), 0);
		sched_yield();
		assert_int_equal(atomic_load(&crowd->busy), 0);
		atomic_store(&crowd->judging, 0);
	}
}

static void closed_means_nobody_is_inside(void **state)
{
	struct crowd *crowd = mmap(NULL, sizeof(*crowd), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_t thread[THREADS];
	pid_t pid[PROCESSES];

	assert_true(crowd != MAP_FAILED);
	for (unsigned i = 0; i < PROCESSES; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			come_and_go(crowd);
			_exit(0);
		}
		assert_true(pid[i] > 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, come_and_go_in_a_thread, crowd),
				 0);
	judge_again_and_again(crowd);
	gate_stop(gate);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	for (unsigned i = 0; i < PROCESSES; i++) {
		int status = -1;

		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	assert_true(atomic_load(&crowd->entered) >= ROUNDS);
	assert_int_equal(atomic_load(&crowd->seen_closed), 0);
	assert_int_equal(munmap(crowd, sizeof(*crowd)), 0);
}

#define GATED(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATED(begins_closed),
		GATED(who_enters_is_inside_until_he_leaves),
		GATED(closing_gives_up_at_its_limit),
		GATED(after_the_end_nobody_enters),
		GATED(closing_waits_for_who_is_inside),
		GATED(a_wait_ends_by_value_by_limit_or_by_waking),
		GATED(closed_means_nobody_is_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
