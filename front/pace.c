// SPDX-License-Identifier: GPL-2.0-or-later
#include "front/pace.h"

/* The quick profile promises an end within 180 s; mkfs, mounts and their undoing need the rest. */
#define QUICK_BUDGET_NS  (150 * PACE_NS_PER_S)
#define QUICK_MINIMUM_NS (PACE_NS_PER_S * 15 / 100)
#define QUICK_MAXIMUM_NS (PACE_NS_PER_S / 2)
#define LONG_MOVE_NS     (2 * PACE_NS_PER_S)
#define SOAK_BUDGET_NS   (8 * 3600 * PACE_NS_PER_S)

/* A guess for the plan's estimate only: forking, prefilling and comparing one case's views. */
#define CASE_OVERHEAD_GUESS_NS (PACE_NS_PER_S / 4)

struct pace pace_of(enum profile profile, uint64_t duration_ns)
{
	struct pace pace = {.minimum_ns = QUICK_MINIMUM_NS, .maximum_ns = LONG_MOVE_NS};

	switch (profile) {
	case PROFILE_QUICK:
		pace.budget_ns = QUICK_BUDGET_NS;
		pace.maximum_ns = QUICK_MAXIMUM_NS;
		break;
	case PROFILE_NIGHTLY:
		pace.minimum_ns = LONG_MOVE_NS;
		break;
	case PROFILE_SOAK:
		pace.budget_ns = SOAK_BUDGET_NS;
		pace.minimum_ns = LONG_MOVE_NS;
		pace.ends = pace.again = true;
		break;
	}
	if (!duration_ns)
		return pace;
	pace.budget_ns = duration_ns;
	pace.ends = true;
	if (!pace.again) {
		pace.minimum_ns = QUICK_MINIMUM_NS;
		pace.maximum_ns = UINT64_MAX;
	}
	return pace;
}

uint64_t pace_share_ns(uint64_t left_ns, size_t cases_left, uint64_t overhead_ns,
		       uint64_t minimum_ns, uint64_t maximum_ns)
{
	uint64_t share = left_ns / (cases_left ? cases_left : 1);

	share = share > overhead_ns ? share - overhead_ns : 0;
	if (share < minimum_ns)
		return minimum_ns;
	return share > maximum_ns ? maximum_ns : share;
}

static uint64_t left_ns(const struct pace *pace, uint64_t now_ns)
{
	uint64_t gone = now_ns - pace->start_ns;

	return gone < pace->budget_ns ? pace->budget_ns - gone : 0;
}

uint64_t pace_move_ns(const struct pace *pace, uint64_t now_ns, size_t cases_left)
{
	if (!pace->budget_ns)
		return pace->maximum_ns;
	return pace_share_ns(left_ns(pace, now_ns), cases_left,
			     pace->ran ? pace->overhead_ns / pace->ran : 0, pace->minimum_ns,
			     pace->maximum_ns);
}

void pace_ran(struct pace *pace, uint64_t wall_ns, uint64_t move_ns)
{
	pace->overhead_ns += wall_ns > move_ns ? wall_ns - move_ns : 0;
	pace->ran++;
}

bool pace_over(const struct pace *pace, uint64_t now_ns)
{
	return pace->ends && left_ns(pace, now_ns) == 0;
}

uint64_t pace_estimate_ns(const struct pace *pace, size_t cases)
{
	uint64_t share = pace->maximum_ns;

	if (pace->again)
		return pace->budget_ns;
	if (pace->budget_ns)
		share = pace_share_ns(pace->budget_ns, cases, CASE_OVERHEAD_GUESS_NS,
				      pace->minimum_ns, pace->maximum_ns);
	return cases * (share + CASE_OVERHEAD_GUESS_NS);
}
