/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session: the machine is changed, cases run one by one into a bundle, the machine is restored.
 */
#ifndef FRONT_SESSION_H
#define FRONT_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "front/arguments.h"
#include "front/pace.h"
#include "front/places.h"
#include "lib/runner.h"
#include "results/bundle.h"
#include "results/report.h"

enum { SESSION_WHY_BYTES = 1024 };

/* JSON readers that keep numbers in doubles hold 53 bits exactly. */
#define SESSION_SEED_MASK ((1ull << 53) - 1)

struct session {
	const struct arguments *arguments;
	const struct places *places;
	struct report_style style;
	FILE *say; /* what people read: standard output, or standard error with --json */
	uint64_t seed;
	struct pace pace;

	struct machine machine;
	bool machine_open;
	bool scratch_made;
	struct scratch scratch;
	struct runner runner;
	struct bundle_writer writer;
	bool bundle_open;
	struct progress progress;
	struct case_result *result;
	size_t ended;                    /* cases that have their verdict */
	bool broken;                     /* the session itself failed: told already */
	bool bad_out;                    /* --out names what cannot be a bundle */
	char interrupted[CASE_ID_BYTES]; /* the case that a signal stopped */
	char why[SESSION_WHY_BYTES];
};

/* What every session starts from: where people read, the seed (a random one unless it was given)
 * and the pace of the profile. */
void session_prepare(struct session *session, const struct arguments *arguments,
		     const struct places *places);

/* Changes the machine as far as these cases need it, and opens the bundle. Returns 0, or -1 with
 * one sentence in why; session_close() is right after both. */
int session_open(struct session *session, const struct case_spec *cases, size_t count);

/* Runs them. Returns 0, or -1 when a signal came or the bundle could not be written. */
int session_cases(struct session *session, const struct case_spec *cases, size_t count);

/* Completes the bundle and restores the machine. Returns 0, or -1 with one sentence in why. */
int session_close(struct session *session, bool complete);

/* Closes the session and reads its bundle back. Returns false if there is none, with the reason
 * already told. */
bool session_end(struct session *session, bool done, struct bundle *bundle);

/* session_open(), session_cases() and session_end(). */
bool session_run(struct session *session, const struct case_spec *cases, size_t count,
		 struct bundle *bundle);

/* The exit code: the signal's, or the worst verdict's; bundle is NULL if there is none. */
int session_code(const struct session *session, const struct bundle *bundle);

/* Prints the report (or the document, with --json) and leaves it in the bundle as report.txt. */
void session_report(struct session *session, const struct bundle *bundle, int code);

/* After the report: which signal stopped what, if one did. */
void session_tell_interrupted(const struct session *session, size_t planned);

#endif
