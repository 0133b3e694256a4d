// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads and processes that share a ledger never see, and never leave, an entry that contradicts
 * itself.
 */
#include "tests/unit/ledger_ground.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 20000 };

struct crowd {
	struct ledger *ledger;
	atomic_uint ready, working;
	atomic_uint contradictions;
};

struct member {
	struct crowd *crowd;
	uint32_t first;
};

static void wait_for_all(struct crowd *crowd)
{
	atomic_fetch_add(&crowd->ready, 1);
	while (atomic_load(&crowd->ready) < THREADS + 2)
		sched_yield();
}

static void *write_slots(void *argument)
{
	struct member *member = argument;
	struct ledger *ledger = member->crowd->ledger;

	wait_for_all(member->crowd);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t generation = ledger_issue(ledger, member->first, SLOTS / THREADS);

		if (round % 7 == 3)
			ledger_fail(ledger, member->first, SLOTS / THREADS, generation);
		else
			ledger_complete(ledger, member->first, SLOTS / THREADS, generation);
	}
	atomic_fetch_sub(&member->crowd->working, 1);
	return NULL;
}

static void *disturb_slots(void *argument)
{
	struct crowd *crowd = argument;

	wait_for_all(crowd);
	for (uint32_t round = 0; atomic_load(&crowd->working); round++) {
		uint32_t first = round * 13 % SLOTS, count = SLOTS - first < 9 ? SLOTS - first : 9;

		ledger_disturb_begin(crowd->ledger, first, count,
				     round % 2 ? EXCUSE_ZEROS : EXCUSE_OLDER);
		ledger_disturb_end(crowd->ledger, first, count);
	}
	return NULL;
}

static bool contradicts(const struct ledger_slot *now, const struct ledger_slot *before)
{
	return now->floor > now->completed || now->completed > now->issued ||
	       now->dead > now->completed || now->overlap > now->issued || now->open > 1 ||
	       now->floor < before->floor || now->issued < before->issued ||
	       now->completed < before->completed || now->dead < before->dead;
}

static void *read_slots(void *argument)
{
	static struct ledger_slot before[SLOTS];
	struct crowd *crowd = argument;

	wait_for_all(crowd);
	while (atomic_load(&crowd->working)) {
		for (uint32_t i = 0; i < SLOTS; i++) {
			struct ledger_slot now = ledger_read(crowd->ledger, i);

			if (contradicts(&now, &before[i]))
				atomic_fetch_add(&crowd->contradictions, 1);
			before[i] = now;
		}
	}
	return NULL;
}

static void threads_share_it(void **state)
{
	struct crowd crowd = {.ledger = *state, .working = THREADS};
	struct member member[THREADS];
	pthread_t thread[THREADS + 2];

	for (uint32_t i = 0; i < THREADS; i++) {
		member[i] = (struct member){&crowd, i * (SLOTS / THREADS)};
		assert_int_equal(pthread_create(&thread[i], NULL, write_slots, &member[i]), 0);
	}
	assert_int_equal(pthread_create(&thread[THREADS], NULL, disturb_slots, &crowd), 0);
	assert_int_equal(pthread_create(&thread[THREADS + 1], NULL, read_slots, &crowd), 0);
	for (unsigned i = 0; i < THREADS + 2; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(atomic_load(&crowd.contradictions), 0);
	for (uint32_t i = 0; i < SLOTS; i++) {
		struct ledger_slot entry = ledger_read(crowd.ledger, i);

		assert_int_equal(entry.issued, ROUNDS + 1);
		assert_int_equal(entry.open, 0);
		ledger_issue_as(crowd.ledger, i, 1, ROUNDS + 2);
		ledger_complete(crowd.ledger, i, 1, ROUNDS + 2);
		assert_range(crowd.ledger, i, ROUNDS + 2, ROUNDS + 2);
	}
}

static void processes_share_it(void **state)
{
	struct ledger *ledger = *state;
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		ledger_disturb_begin(ledger, 0, 4, EXCUSE_OLDER);
		ledger_disturb_end(ledger, 0, 4);
		if (child)
			ledger_complete(ledger, 0, 4, ledger_issue(ledger, 0, 4));
	}
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(ledger_read(ledger, 0).open, 0);
	assert_int_equal(ledger_read(ledger, 0).completed, ROUNDS + 1);
	ledger_complete(ledger, 0, 4, ledger_issue(ledger, 0, 4));
	assert_range(ledger, 3, ROUNDS + 2, ROUNDS + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(threads_share_it, make, unmake),
		cmocka_unit_test_setup_teardown(processes_share_it, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
