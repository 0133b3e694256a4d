/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate between the movers, the stressors and the judge: open while bytes move; while it is
 * closed no stressor is inside a bite, so that what the views show is at rest. In shared memory.
 */
#ifndef LIB_GATE_H
#define LIB_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct gate {
	atomic_uint open;
	atomic_uint inside; /* stressors in a bite */
	atomic_uint moving; /* movers that have an epoch under way */
	atomic_uint stop;   /* the stressors are to end */
	atomic_uint ready;  /* stressors that have started */
};

/* A new closed gate in shared memory, or NULL with errno set. */
struct gate *gate_new(void);

void gate_open(struct gate *gate);

/* Closes it and waits until no stressor is inside. Returns false if that takes longer than
 * limit_ns. */
bool gate_close(struct gate *gate, uint64_t limit_ns);

/* Ends the stressors' loops. */
void gate_stop(struct gate *gate);

/* For a stressor: waits until the gate is open and enters. Returns false once it is to end. */
bool gate_enter(struct gate *gate);
void gate_leave(struct gate *gate);

/* Waits until *word is not value, at most limit_ns; a wake-up may be spurious. */
void gate_wait(atomic_uint *word, unsigned value, uint64_t limit_ns);
void gate_wake(atomic_uint *word);

#endif
