/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that a stressor runs as its load, beside the case.
 */
#ifndef LIB_LOAD_H
#define LIB_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct load {
	pid_t pid; /* 0: none */
	int pidfd;
	int output_fd; /* a memfd: what it has printed */
};

enum { LOAD_DIES_FIRST = 1000 }; /* oom_score_adj */

/* Whether PATH has program. */
bool load_is_there(const char *program);

/* Starts a program in a process group of its own; it dies with the thread that started it. Call it
 * from a process of one thread (BESIDE), which from then on adopts what its descendants leave
 * behind. oom_score_adj above 0 makes it the out-of-memory killer's first choice. Returns 0 or
 * -errno, with the failing call in *call. */
int load_start(struct load *load, const char *const *arguments, int oom_score_adj,
	       const char **call);

/* Waits up to limit_ms; returns false once the program has ended. */
bool load_runs(const struct load *load, int limit_ms);

/* Sends signal to its group and waits until it has ended, SIGKILL after limit_ms; its own children
 * are gone then, too. Returns its wait status; the output stays. */
int load_end(struct load *load, int signal, int limit_ms);

/* What it has printed, as a string to be freed, or NULL. */
char *load_output(const struct load *load);

#endif
