// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nothing happens meanwhile: the control group of the stressors. What fails here fails by the
 * workload and the kernel's own background writeback alone, and a benchmark that is not asked for
 * anything else runs beside it. The engine recognises it by its missing disturb() and demands no
 * bites of it.
 */
#include "lib/run.h"
#include "lib/tables.h"

STRESSOR(quiet) = {
	.name = "quiet",
	.summary = "do nothing (control)",
	.place = INSIDE,
};
