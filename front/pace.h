/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a case moves bytes, so that the whole run keeps to its time.
 */
#ifndef FRONT_PACE_H
#define FRONT_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/plan.h"

#define PACE_NS_PER_S 1000000000ull

struct pace {
	uint64_t budget_ns;              /* for all cases; 0: none */
	uint64_t minimum_ns, maximum_ns; /* of moving, per case */
	bool ends;  /* cases that are left when the budget is used up do not run */
	bool again; /* when the plan is done, another one follows until the budget is used up */
	uint64_t start_ns;
	uint64_t overhead_ns; /* of the cases that ran: all their time but the moving */
	size_t ran;
};

/* The pace of a profile; duration_ns, unless 0, is the time that the user gave. */
struct pace pace_of(enum profile profile, uint64_t duration_ns);

/* What one of cases_left cases gets: its share of left_ns without its overhead, clamped. */
uint64_t pace_share_ns(uint64_t left_ns, size_t cases_left, uint64_t overhead_ns,
		       uint64_t minimum_ns, uint64_t maximum_ns);

/* The same from what was measured so far; before the first case the overhead counts as nothing. */
uint64_t pace_move_ns(const struct pace *pace, uint64_t now_ns, size_t cases_left);

/* A case took wall_ns, of which it moved bytes for move_ns. */
void pace_ran(struct pace *pace, uint64_t wall_ns, uint64_t move_ns);

/* Whether the time that the user gave is used up. */
bool pace_over(const struct pace *pace, uint64_t now_ns);

/* What a plan of cases will take, before anything was measured. */
uint64_t pace_estimate_ns(const struct pace *pace, size_t cases);

#endif
