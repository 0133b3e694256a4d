// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the parent does before it forks a case: finds its place, borrows from the machine, lets the
 * stressors prepare and makes the ledgers. What the machine will not lend is a skip with its
 * reason.
 */
#include "lib/runner_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void runner_set_verdict(struct attempt *attempt, enum verdict verdict, const char *text)
{
	attempt->shared->verdict = verdict;
	attempt->shared->outcome = OUTCOME_NONE;
	snprintf(attempt->shared->reason, REASON_BYTES, "%s", text);
}

static void place_case(struct attempt *attempt)
{
	struct scratch *scratch = attempt->runner->scratch;
	const struct case_spec *spec = attempt->spec;
	struct case_place *place = &attempt->place;
	struct mount *mount = scratch_find(scratch, spec->filesystem), *other;
	/* On a tmpfs of ours a stressor's own files would be memory that nobody can reclaim. */
	bool on_disk = spec->filesystem->block_device || (mount && !mount->ours);

	memset(place, 0, sizeof(*place));
	snprintf(place->trace_instance, sizeof(place->trace_instance), "%s",
		 attempt->runner->trace_instance);
	snprintf(attempt->stress_directory, sizeof(attempt->stress_directory), "%.400s/stress",
		 mount && on_disk ? mount->directory : scratch->directory);
	if (!mount)
		return;
	snprintf(place->directory, sizeof(place->directory), "%.440s", mount->directory);
	snprintf(place->device, sizeof(place->device), "%s", mount->device);
	place->remountable = mount->ours;
	other = scratch_other(scratch, mount);
	if (other)
		snprintf(place->other_directory, sizeof(place->other_directory), "%.440s",
			 other->directory);
}

/* Takes from the machine what backing and workloads need of it. */
static int borrow(struct machine *machine, const struct case_spec *spec)
{
	size_t region_bytes = option_get(&spec->options, "region");

	if (spec->backing->prepare && spec->backing->prepare(machine, region_bytes))
		return -1;
	for (unsigned i = 0; i < spec->workloads; i++) {
		if (spec->workload[i]->prepare && spec->workload[i]->prepare(machine))
			return -1;
	}
	return 0;
}

static bool prepare_stressor(struct attempt *attempt, const struct stressor *stressor,
			     struct stress *stress)
{
	struct machine *machine = attempt->runner->machine;

	stress->stressor = stressor;
	stress->spec = attempt->spec;
	snprintf(stress->scratch, sizeof(stress->scratch), "%s", attempt->stress_directory);
	stress->state = calloc(1, stressor->state_bytes + 1);
	if (!stress->state) {
		runner_set_verdict(attempt, VERDICT_BROKEN, "no memory for the stressors");
		return false;
	}
	if (machine && stressor->prepare && stressor->prepare(machine, stress)) {
		runner_set_verdict(attempt, VERDICT_SKIP, machine->why);
		return false;
	}
	return true;
}

bool runner_prepare(struct attempt *attempt)
{
	const struct case_spec *spec = attempt->spec;
	struct machine *machine = attempt->runner->machine;
	struct run layout = {0};

	place_case(attempt);
	if (option_get(&spec->options, "apart") && !attempt->place.other_directory[0]) {
		runner_set_verdict(attempt, VERDICT_SKIP,
				   "apart=1 needs a second file system (try: --fs with two names)");
		return false;
	}
	if (mkdir(attempt->stress_directory, 0700) && errno != EEXIST) {
		char text[REASON_BYTES];

		snprintf(text, sizeof(text), "mkdir(%.400s): %s", attempt->stress_directory,
			 strerror(errno));
		runner_set_verdict(attempt, VERDICT_BROKEN, text);
		return false;
	}
	if (machine && borrow(machine, spec)) {
		runner_set_verdict(attempt, VERDICT_SKIP, machine->why);
		return false;
	}
	for (unsigned i = 0; i < spec->stressors; i++) {
		if (!prepare_stressor(attempt, spec->stressor[i], &attempt->stress[i]))
			return false;
	}
	subject_layout(&layout, spec, &attempt->place);
	if (subject_ledgers(&layout, attempt->ledgers)) {
		runner_set_verdict(attempt, VERDICT_BROKEN, "no memory for the ledger");
		return false;
	}
	return true;
}
