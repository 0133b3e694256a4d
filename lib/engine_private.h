/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the engine share: the sequence (engine.c), what is taken before it and given
 * back after it (engine_setup.c), and the verdict (engine_verdict.c).
 */
#ifndef LIB_ENGINE_PRIVATE_H
#define LIB_ENGINE_PRIVATE_H

#include "lib/run.h"
#include "lib/subject.h"

#define ENGINE_SECOND_NS 1000000000ull

/* The limit of a wait for a stressor to end what it does; a machine under software emulation stays
 * well below it. */
#define ENGINE_END_LIMIT_NS (20 * ENGINE_SECOND_NS)

void engine_set_phase(struct run *run, enum phase phase);

/* A stressor's process may have ended the case. */
void engine_end_if_told(const struct run *run);

/* What the kernel should do with the pins of spec, known before acting. */
enum promise engine_promise(const struct case_spec *spec);

/* Gives each stressor what its prepare() left and lets it enter. Nothing is mapped yet. */
void engine_enter_stressors(struct run *run, const struct stress *prepared);

/* Files, memory, movers with their workloads, and stressors that wait at the gate. */
void engine_set_up(struct run *run);

/* Ends the stressors and gives back what the workloads hold. */
void engine_tear_down(struct run *run);

/* Adds up what the movers counted. */
void engine_fold_movers(struct run *run);

/* The verdict, as far as this process can see it. */
void engine_conclude(struct run *run);

#endif
