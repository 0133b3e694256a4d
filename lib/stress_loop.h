/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stressors' side of a running case: the loop that repeats disturb(), and the claims on blocks.
 */
#ifndef LIB_STRESS_LOOP_H
#define LIB_STRESS_LOOP_H

#include "lib/run.h"

/* Whether this stressor does anything (quiet does not). */
bool stress_acts(const struct stressor *stressor);

/* Forks the BESIDE stressors of run; each waits at the gate, then loops until gate_stop(). Call it
 * while the process has one thread. */
void stress_fork_beside(struct run *run);

/* Starts the threads of the INSIDE ones. */
void stress_start_inside(struct run *run);

/* Waits until all have started. Ends the case if that takes longer than limit_ns. */
void stress_wait_ready(struct run *run, uint64_t limit_ns);

/* Ends all of them and waits; those that do not end within limit_ns are killed (BESIDE). Returns
 * false if one had to be. */
bool stress_end(struct run *run, uint64_t limit_ns);

/* The engine's half of stress_claim_block(): it owns the block while it fills it, and gives it up
 * again when the op is done. */
void stress_engine_claim(struct run *run, uint32_t block);
void stress_engine_in_flight(struct run *run, uint32_t block);
void stress_engine_release(struct run *run, uint32_t block);

#endif
