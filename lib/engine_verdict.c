// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verdict of a case's own process. A pass must be earned: ops moved bytes, every stressor took
 * a bite meanwhile, and what was to be written back was seen under writeback with an op in flight.
 * A case that lacks one of these is broken, never passed.
 */
#include "lib/engine_private.h"

#include <string.h>

#include "lib/stress_loop.h"

void engine_fold_movers(struct run *run)
{
	struct case_result *result = run->result;

	result->ops = result->bytes = result->failed_ops = 0;
	memset(&result->latency, 0, sizeof(result->latency));
	for (unsigned i = 0; i < run->movers; i++) {
		const struct mover *mover = &run->mover[i];

		result->ops += mover->ops_done;
		result->bytes += mover->bytes_done;
		result->failed_ops += mover->ops_failed;
		hist_merge(&result->latency, &mover->latency);
	}
}

void engine_conclude(struct run *run)
{
	struct case_result *result = run->result;

	engine_end_if_told(run);
	/* What a stressor does wrong may look like damage: its own failure comes first. */
	for (unsigned i = 0; i < run->spec->stressors; i++) {
		struct stress_result *stress = &result->stress[i];
		unsigned error = atomic_load(&stress->failed_errno);

		if (error)
			run_broken(run, "%s: %s%s%s", stress->name, strerror(error),
				   stress->note[0] ? ": " : "", stress->note);
	}
	result->outcome = OUTCOME_DATA;
	result->verdict = VERDICT_PASS;
	if (result->findings.count) {
		result->verdict = VERDICT_FAIL;
		return; /* the runner words it, together with what it finds itself */
	}
	if (!run->judge)
		run_skip(run, "judge=0: nothing was judged");
	if (result->ops == result->failed_ops)
		run_broken(run, "no overlap: none of %llu ops moved its bytes",
			   (unsigned long long)result->ops);
	for (unsigned i = 0; i < run->spec->stressors; i++) {
		const struct stress_result *stress = &result->stress[i];

		if (stress_acts(run->spec->stressor[i]) && !stress->bites_while_moving)
			run_broken(run,
				   "no overlap: %s took %llu bites, none while ops were moving",
				   stress->name, (unsigned long long)stress->bites);
		if (run->spec->stressor[i]->causes_writeback && result->page_cache_subject &&
		    !result_overlap(result))
			run_broken(run,
				   "no overlap: the subject was never under writeback while "
				   "an op was in flight (%llu pages dirtied, %llu written)",
				   (unsigned long long)result->writeback.dirtied_pages,
				   (unsigned long long)result->writeback.written_pages);
	}
}
