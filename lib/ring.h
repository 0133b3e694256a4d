/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An io_uring of one mover: filled in submit(), entered once in reap(), which submits and waits in
 * the same system call.
 */
#ifndef LIB_RING_H
#define LIB_RING_H

#ifdef HAVE_LIBURING

#include <liburing.h>
#include <stdbool.h>

struct mover;
struct op;

struct ring {
	struct io_uring uring;
	int far_fd;
	bool far_registered; /* far_fd is file 0 of the ring's own table */
};

enum { RING_NOT_FIXED = -1 };

/* The option row of every workload with a ring. */
#define RING_OPTION_SQPOLL                                                                         \
	{                                                                                          \
		.name = "sqpoll",                                                                  \
		.help = "1: a kernel thread polls for submissions and submits them", .maximum = 1, \
	}

/* For a workload's probe(). */
const char *ring_probe(void);

/* Makes the ring and opens the far file. With sqpoll a kernel thread submits; with register_far the
 * far file goes into the ring's own table. Ends the case on failure. */
void ring_open(struct ring *ring, struct mover *mover, bool sqpoll, bool register_far);

/* Queues op: by READ or WRITE, or by READ_FIXED or WRITE_FIXED on registered buffer number buffer
 * unless that is RING_NOT_FIXED. */
void ring_queue(struct ring *ring, struct mover *mover, struct op *op, int buffer);

/* Submits what is queued, waits for at least wanted ops and ends each. Returns how many. */
unsigned ring_reap(struct ring *ring, struct mover *mover, unsigned wanted);

void ring_close(struct ring *ring);

/* Skips the case if error (positive) of call says that RLIMIT_MEMLOCK is too small for what call
 * wants to lock; returns if it says something else. */
void ring_skip_memlock(struct mover *mover, const char *call, int error);

#endif
#endif
