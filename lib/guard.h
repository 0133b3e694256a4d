/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard: stores and loads that survive what a stressor does to the memory under them.
 *
 * A page of a mapped file that was truncated away answers the CPU with SIGBUS; memory whose
 * protection a stressor flips answers a store with SIGSEGV. The first becomes -EFAULT for the call
 * that is guarded, the second waits until the protection is back. Every other fault takes its
 * default action.
 */
#ifndef LIB_GUARD_H
#define LIB_GUARD_H

#include <stddef.h>

enum { GUARD_RANGES = 8, GUARD_RETRY_LIMIT_SECONDS = 10 };

/* Installs the handlers for the process, once; later calls do nothing. Returns 0, or -errno. */
int guard_install(void);

/* Calls body(context). Returns 0, or -EFAULT when a SIGBUS ended it: it was left in the middle, so
 * body must hold no lock and own no memory. May be nested. */
int guarded_call(void (*body)(void *context), void *context);

/* memcpy() under the guard: 0, or -EFAULT when a part of either side is gone. */
int guarded_copy(void *to, const void *from, size_t bytes);

/* Stores to [start, start + bytes) that hit a read-only page wait until it can be written, at most
 * GUARD_RETRY_LIMIT_SECONDS each, after which SIGSEGV takes its default action. The range stays for
 * the life of the process. Returns 0, or -ENOSPC when GUARD_RANGES are taken. */
int guard_retry_range(void *start, size_t bytes);

#endif
