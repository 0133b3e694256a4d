// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The counters of /proc/vmstat go up by what is pinned, and kernel versions compare by number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/evidence.h"

static void counters_go_up(void **state)
{
	static char from[64 * 4096], to[64 * 4096];
	struct iovec local = {to, sizeof(to)}, remote = {from, sizeof(from)};
	struct vmstat before, after;
	unsigned pages = 0;

	memset(from, 1, sizeof(from)); /* the page of zeros is never pinned, since 6.5 */
	assert_int_equal(vmstat_read(&before), 0);
	assert_int_equal(before.has_pins, kernel_at_least(5, 7));
	/* It pins what it copies from; 6400 pages are more than the CPUs may hold back. */
	for (unsigned i = 0; i < 100; i++) {
		if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != sizeof(to))
			skip(); /* a sandbox may forbid it */
		pages += 64;
	}
	assert_int_equal(vmstat_read(&after), 0);
	assert_true(after.dirtied >= before.dirtied && after.written >= before.written);
	if (before.has_pins) {
		assert_true(after.pins_acquired - before.pins_acquired >= pages / 2);
		assert_true(after.pins_released - before.pins_released >= pages / 2);
	}
}

/* With root the counters are exact: 3 pages are seen. Others may pin at the same time, never fewer.
 */
static void root_sees_every_pin(void **state)
{
	static char from[3 * 4096], to[3 * 4096];
	struct iovec local = {to, sizeof(to)}, remote = {from, sizeof(from)};
	struct vmstat before, after;

	if (access("/proc/sys/vm/stat_refresh", R_OK) || !kernel_at_least(5, 7))
		skip();
	memset(from, 1, sizeof(from));
	assert_int_equal(vmstat_read(&before), 0);
	if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != sizeof(to))
		skip();
	assert_int_equal(vmstat_read(&after), 0);
	assert_true(after.pins_acquired - before.pins_acquired >= 3);
	assert_true(after.pins_released - before.pins_released >= 3);
}

static void versions_compare_by_number(void **state)
{
	unsigned major = 0, minor = 0;
	struct utsname name;

	assert_int_equal(uname(&name), 0);
	assert_int_equal(sscanf(name.release, "%u.%u", &major, &minor), 2);
	assert_true(kernel_at_least(major, minor));
	assert_false(kernel_at_least(major, minor + 1));
	assert_false(kernel_at_least(major + 1, 0));
	assert_true(kernel_at_least(major - 1, minor + 100));
	assert_true(kernel_at_least(2, 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_go_up),
		cmocka_unit_test(root_sees_every_pin),
		cmocka_unit_test(versions_compare_by_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
