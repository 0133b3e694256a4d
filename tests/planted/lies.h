/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Planted lies: what goes wrong on purpose, between a real workload and the judge. The linker puts
 * them in front of op_done(), view_pread() and view_fsync(), so every workload lies in the same
 * way without knowing it.
 */
#ifndef TESTS_PLANTED_LIES_H
#define TESTS_PLANTED_LIES_H

#include "lib/words.h"

enum lie {
	LIE_NONE,
	LIE_FLIP, /* one bit of what arrived is another */
	LIE_OLD,  /* the generation before is there again */
	LIE_ZEROS,
	LIE_TEAR,       /* the second half is of the generation before */
	LIE_SWAP,       /* the bytes of the neighbouring slot are there */
	LIE_SEED,       /* the bytes of another run are there */
	LIE_FUTURE,     /* a generation that was never issued is there */
	LIE_SHORT,      /* half of the bytes are said to have moved */
	LIE_ERROR,      /* an error that nobody listed */
	LIE_HANG,       /* an op never ends */
	LIE_CRASH,      /* the process dies */
	LIE_LEAK,       /* a pin is taken that nobody gives back */
	LIE_LEAK_ONCE,  /* ... in the first run of the case only */
	LIE_FSYNC,      /* fsync says 0 and does nothing */
	LIE_VIEW_ZEROS, /* one view shows zeros where there are none */
	LIE_VIEW_EIO,   /* one view cannot be read */
};

/* What the process that is forked next will do. In memory of its own: set it before runner_case().
 */
struct plan_of_lies {
	enum lie lie;
	enum view view; /* for LIE_VIEW_*: the one that lies */
};
extern struct plan_of_lies lies;

/* Ends the process that LIE_LEAK left behind. */
void lies_end_leak(void);

#endif
