// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guard turns SIGBUS into -EFAULT for the thread that is guarded, and only for it; waits for
 * write permission in a registered range; and leaves every other fault to its default action.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/guard.h"

enum { PAGES = 2, ROUNDS = 200, FLIPS = 2000 };

/* The guard's handlers. cmocka puts its own in their place before each test. */
static struct sigaction on_sigbus, on_sigsegv;

static void take_signals_back(void)
{
	assert_int_equal(sigaction(SIGBUS, &on_sigbus, NULL), 0);
	assert_int_equal(sigaction(SIGSEGV, &on_sigsegv, NULL), 0);
}

static size_t page_bytes(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* A shared mapping of PAGES pages whose file has only the first of them. */
static uint8_t *map_half_gone(void)
{
	int fd = memfd_create("guard", MFD_CLOEXEC);
	uint8_t *map;

	take_signals_back();
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, page_bytes()), 0);
	map = mmap(NULL, PAGES * page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	close(fd);
	return map;
}

static void copies_what_is_there(void **state)
{
	uint8_t *map = map_half_gone();

	assert_int_equal(guarded_copy(map, "there", 6), 0);
	assert_string_equal((char *)map, "there");
	munmap(map, PAGES * page_bytes());
}

static void reports_what_is_gone_again_and_again(void **state)
{
	uint8_t *map = map_half_gone();
	char byte = 'x';

	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(guarded_copy(map + page_bytes(), &byte, 1), -EFAULT);
		assert_int_equal(guarded_copy(&byte, map + page_bytes(), 1), -EFAULT);
		assert_int_equal(guarded_copy(map, &byte, 1), 0);
	}
	munmap(map, PAGES * page_bytes());
}

struct nested {
	uint8_t *gone;
	int inner;
	bool after;
};

static void call_inner(void *context)
{
	struct nested *nested = context;
	char byte = 'x';

	nested->inner = guarded_copy(nested->gone, &byte, 1);
	nested->after = true;
	*nested->gone = 'y';
}

static void nests(void **state)
{
	uint8_t *map = map_half_gone();
	struct nested nested = {.gone = map + page_bytes()};

	assert_int_equal(guarded_call(call_inner, &nested), -EFAULT);
	assert_int_equal(nested.inner, -EFAULT);
	assert_true(nested.after);
	munmap(map, PAGES * page_bytes());
}

static void *fault_in_a_thread(void *gone)
{
	char byte = 'x';

	for (int i = 0; i < ROUNDS; i++) {
		if (guarded_copy(gone, &byte, 1) != -EFAULT)
			return gone;
	}
	return NULL;
}

static void is_per_thread(void **state)
{
	uint8_t *map = map_half_gone();
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fault_in_a_thread,
						map + page_bytes() + i),
				 0);
	for (int i = 0; i < 4; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	munmap(map, PAGES * page_bytes());
}

/* The signal that ends a process which runs body. */
static int ends_by(void (*body)(uint8_t *), uint8_t *memory)
{
	const struct rlimit no_core = {0, 0};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		body(memory);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void store(uint8_t *memory)
{
	atomic_store((atomic_uchar *)memory, 1);
}

static void send_sigbus(uint8_t *memory)
{
	raise(SIGBUS);
}

static void leaves_other_faults_alone(void **state)
{
	uint8_t *map = map_half_gone();

	assert_int_equal(ends_by(store, map + page_bytes()), SIGBUS);
	assert_int_equal(ends_by(send_sigbus, NULL), SIGBUS);
	assert_int_equal(ends_by(store, NULL), SIGSEGV);
	assert_int_equal(mprotect(map, page_bytes(), PROT_READ), 0);
	assert_int_equal(ends_by(store, map), SIGSEGV);
	munmap(map, PAGES * page_bytes());
}

struct flip {
	uint8_t *memory;
	atomic_uint flips;
	int error;
};

static void *flip_protection(void *argument)
{
	struct flip *flip = argument;

	while (atomic_fetch_add(&flip->flips, 1) < FLIPS) {
		if (mprotect(flip->memory, page_bytes(), PROT_READ) ||
		    mprotect(flip->memory, page_bytes(), PROT_READ | PROT_WRITE))
			flip->error = errno;
	}
	return NULL;
}

static void waits_for_write_permission(void **state)
{
	uint8_t *map = map_half_gone();
	struct flip flip = {.memory = map};
	pthread_t thread;

	assert_int_equal(guard_retry_range(map, page_bytes()), 0);
	assert_int_equal(guard_retry_range(map, page_bytes()), 0);
	assert_int_equal(pthread_create(&thread, NULL, flip_protection, &flip), 0);
	for (unsigned i = 0; atomic_load(&flip.flips) < FLIPS; i++) {
		atomic_store((atomic_uchar *)&map[i % page_bytes()], i % 251);
		assert_int_equal(map[i % page_bytes()], i % 251);
	}
	pthread_join(thread, NULL);
	assert_int_equal(flip.error, 0);
	/* A range does not save what is unmapped. */
	munmap(map, PAGES * page_bytes());
	assert_int_equal(ends_by(store, map), SIGSEGV);
}

static void waiting_changes_no_byte(void **state)
{
	uint8_t *map = map_half_gone();
	struct flip flip = {.memory = map};
	pthread_t thread;

	memset(map, 0xa5, page_bytes());
	assert_int_equal(guard_retry_range(map, page_bytes()), 0);
	assert_int_equal(pthread_create(&thread, NULL, flip_protection, &flip), 0);
	while (atomic_load(&flip.flips) < FLIPS)
		atomic_store((atomic_uchar *)&map[1], 0x5a);
	pthread_join(thread, NULL);
	for (size_t i = 0; i < page_bytes(); i++)
		assert_int_equal(map[i], i == 1 ? 0x5a : 0xa5);
	munmap(map, PAGES * page_bytes());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_what_is_there),
		cmocka_unit_test(reports_what_is_gone_again_and_again),
		cmocka_unit_test(nests),
		cmocka_unit_test(is_per_thread),
		cmocka_unit_test(leaves_other_faults_alone),
		cmocka_unit_test(waits_for_write_permission),
		cmocka_unit_test(waiting_changes_no_byte),
	};

	if (guard_install() || sigaction(SIGBUS, NULL, &on_sigbus) ||
	    sigaction(SIGSEGV, NULL, &on_sigsegv))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
