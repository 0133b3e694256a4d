/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run says about reproducers.
 */
#ifndef FRONT_REPRO_ANSWER_H
#define FRONT_REPRO_ANSWER_H

#include "front/session.h"

/* What was asked, and for which reproducer. */
struct question {
	const struct reproducer *reproducer;
	struct case_spec spec;
};

struct questions {
	struct question *item;
	size_t count;
};

/* Prints the answer to each question from the bundle of the run that asked them. */
void repro_tell(const struct session *session, const struct questions *questions,
		const struct bundle *bundle, int code);

#endif
