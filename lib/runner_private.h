/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between runner.c, runner_prepare.c and runner_watch.c. */
#ifndef LIB_RUNNER_PRIVATE_H
#define LIB_RUNNER_PRIVATE_H

#include "lib/runner.h"

/* One case under way. */
struct attempt {
	struct runner *runner;
	const struct case_spec *spec;
	struct case_place place;
	char stress_directory[PATH_BYTES];
	struct stress stress[STRESSORS_PER_CASE];
	struct ledger *ledgers[SUBJECTS];
	struct case_result *shared;
	struct vmstat before;
	unsigned mark;
	char hang[REASON_BYTES]; /* where it hung, or empty */
	pid_t pid;
};

/* Says why the case cannot be asked. */
void runner_set_verdict(struct attempt *attempt, enum verdict verdict, const char *text);

/* Makes what the case needs before it is forked. Returns false with the verdict set. */
bool runner_prepare(struct attempt *attempt);

/* Waits for the case's process. 0: it ended, with *status; 1: it hung and was killed (a finding is
 * there); -1: a signal to the runner. */
int runner_watch(struct attempt *attempt, struct kmsg_lines *lines, int *status);

/* Kills and reaps whatever the case left of its process group. */
void runner_end_group(struct attempt *attempt);

/* Compares the pin counters with those before the case, once they have settled. */
void runner_judge_pins(struct attempt *attempt);

void runner_poll_kmsg(struct attempt *attempt, struct kmsg_lines *lines);
void runner_become_child(struct runner *runner, pid_t parent);
void runner_remove_tree(const char *path);

#endif
