/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holding a pin as long as one wants, without a device. process_vm_readv(2) and
 * process_vm_writev(2) pin the pages at the other end first and touch the local ones after that. A
 * local window that is missing, and registered with userfaultfd(2), puts them to sleep in between,
 * with the pins held.
 */
#ifndef LIB_HOLD_H
#define LIB_HOLD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct hold {
	int fd;
	uint8_t *window;  /* what the call is to read from or to write to */
	uint8_t *filling; /* what the window will hold when the wait is over */
	size_t window_bytes;
	uint64_t hold_ns;
	pthread_t thread;
};

/* Makes a window of at least bytes bytes and the thread that ends the waits, each after hold_ns.
 * Returns 0 or -errno: EPERM, ENOSYS where faults of the kernel may not be handled from user
 * space (vm.unprivileged_userfaultfd is 0 and we are not root, or CONFIG_USERFAULTFD is off). */
int hold_start(struct hold *hold, size_t bytes, uint64_t hold_ns);

/* Takes the window's pages away: the kernel's next access to it waits, and then finds the bytes
 * bytes at from (zeros where from is NULL). */
void hold_arm(struct hold *hold, const void *from, size_t bytes);

#endif
