// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/words.h"

const char *way_word(enum way way)
{
	return way == WAY_IN ? "in" : "out";
}

const char *pin_word(enum pin pin)
{
	static const char *const words[] = {
		[PIN_NONE] = "none", [PIN_IO] = "io", [PIN_LONG] = "long", [PIN_PIPE] = "pipe"};

	return words[pin];
}

const char *place_word(enum place place)
{
	return place == BESIDE ? "beside" : "inside";
}

const char *view_word(enum view view)
{
	static const char *const words[VIEW_COUNT] = {
		[VIEW_PEER] = "peer",         [VIEW_MAP] = "map",
		[VIEW_BUFFERED] = "buffered", [VIEW_DEVICE] = "device",
		[VIEW_DIRECT] = "direct",     [VIEW_UNPINNED] = "unpinned",
		[VIEW_REMOUNT] = "remount",   [VIEW_POWERCUT] = "powercut"};

	return words[view];
}

const char *finding_word(enum finding_kind kind)
{
	static const char *const words[FINDING_COUNT] = {[FINDING_STALE] = "stale",
							 [FINDING_LOST] = "lost",
							 [FINDING_TORN] = "torn",
							 [FINDING_MISPLACED] = "misplaced",
							 [FINDING_FOREIGN] = "foreign",
							 [FINDING_SCRAMBLED] = "scrambled",
							 [FINDING_UNREADABLE] = "unreadable",
							 [FINDING_RESURRECTED] = "resurrected",
							 [FINDING_PIN_LEAK] = "pin_leak",
							 [FINDING_SPLAT] = "splat",
							 [FINDING_HANG] = "hang"};

	return words[kind];
}

const char *verdict_word(enum verdict verdict)
{
	static const char *const words[VERDICT_COUNT] = {[VERDICT_PASS] = "pass",
							 [VERDICT_SKIP] = "skip",
							 [VERDICT_BROKEN] = "broken",
							 [VERDICT_FAIL] = "fail"};

	return words[verdict];
}

const char *outcome_word(enum outcome outcome)
{
	static const char *const words[] = {
		[OUTCOME_NONE] = "none", [OUTCOME_DATA] = "data", [OUTCOME_REFUSED] = "refused"};

	return words[outcome];
}

const char *promise_word(enum promise promise)
{
	static const char *const words[] = {[PROMISE_UNKNOWN] = "unknown",
					    [PROMISE_ALLOWED] = "allowed",
					    [PROMISE_REFUSED] = "refused"};

	return words[promise];
}
