/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runner: forks one process per case, watches it, and turns what is left into a verdict.
 */
#ifndef LIB_RUNNER_H
#define LIB_RUNNER_H

#include "lib/case.h"
#include "lib/evidence.h"
#include "lib/machine.h"
#include "lib/result.h"
#include "lib/scratch.h"
#include "lib/subject.h"

struct runner {
	struct machine *machine; /* NULL: nothing of the machine may be changed */
	struct scratch *scratch;
	struct kmsg kmsg;
	char trace_instance[512];    /* or "" */
	uint64_t move_ns;            /* per case */
	uint64_t limit_ns;           /* the watchdog's, per case, beyond move_ns */
	void (*tick)(void *context); /* called every 100 ms while a case runs; may be NULL */
	void *context;
};

/* Runs one case. *result is filled whatever happens (zeroed first); bad kernel log lines go to
 * *lines. Returns 0, or -1 when a signal (runner_interrupted()) stopped it in the middle. */
int runner_case(struct runner *runner, const struct case_spec *spec, struct case_result *result,
		struct kmsg_lines *lines);

/* Installs handlers for SIGINT, SIGTERM, SIGHUP that only note the signal; and says which came, or
 * 0. */
void runner_catch_signals(void);
int runner_interrupted(void);

/* The body of the case's process (lib/engine.c). prepared holds what each stressor's prepare()
 * left. Ends by _exit(0) once result->phase is PHASE_DONE. */
_Noreturn void engine_run(const struct case_spec *spec, const struct case_place *place,
			  struct ledger *const ledgers[SUBJECTS], const struct stress *prepared,
			  struct case_result *result, uint64_t move_ns);

#endif
