// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fills the page cache and the device's queue with another load: fio writes two files of 32 MiB in
 * all beside the subject, through the page cache, and starts their writeback as it goes (the job is
 * dirty_flood.fio). Writeback of the subject then waits behind it, the journal commits under
 * load, and pages stay under writeback much longer than on an idle device. A bite is a time in
 * which fio has written something.
 */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/load.h"
#include "lib/machine.h"
#include "lib/run.h"
#include "lib/tables.h"

#define JOB "stress/dirty_flood.fio"

enum { BITE_MS = 5, FIRST_WRITE_LIMIT_MS = 10000, END_LIMIT_MS = 5000 };

struct dirty_flood {
	struct load fio;
	uint64_t written; /* as the kernel counts it, so far */
};

static void job_path(char *path, size_t bytes)
{
	const char *share = getenv("DIRTYPIN_SHARE");

	snprintf(path, bytes, "%s/" JOB, share && *share ? share : DIRTYPIN_SOURCE_DIR);
}

static const char *probe(void)
{
	char path[PATH_BYTES];

	if (!load_is_there("fio"))
		return "needs fio, which is not in PATH (try: installing the package fio)";
	job_path(path, sizeof(path));
	if (access(path, R_OK))
		return "needs its job file " JOB
		       ", which is not there (try: DIRTYPIN_SHARE=DIR, the "
		       "directory that has it)";
	return NULL;
}

/* Bytes that fio's threads have given to write calls; 0 where the kernel does not count them. */
static uint64_t bytes_written(const struct dirty_flood *state)
{
	char path[64], text[512], *found;

	snprintf(path, sizeof(path), "/proc/%d/io", state->fio.pid);
	if (read_text(path, text, sizeof(text)))
		return 0;
	found = strstr(text, "wchar: ");
	return found ? strtoull(found + strlen("wchar: "), NULL, 10) : 0;
}

/* fio has ended: says why, in its own last words. */
static void note_end(struct stress *stress)
{
	struct dirty_flood *state = stress->state;
	char *output = load_output(&state->fio);
	size_t length = output ? strlen(output) : 0;

	stress_note(stress, "fio ended early: %s",
		    length ? output + (length > 160 ? length - 160 : 0) : "it printed nothing");
	free(output);
}

static void start(struct stress *stress)
{
	struct dirty_flood *state = stress->state;
	char path[PATH_BYTES];
	const char *const arguments[] = {"fio", "--output-format=json", "--eta=never", path, NULL};
	const char *call;
	uint64_t end = clock_ns() + FIRST_WRITE_LIMIT_MS * 1000000ull;
	int error;

	job_path(path, sizeof(path));
	if (setenv("DIRTYPIN_SCRATCH", stress->scratch, 1))
		run_broken(stress->run, "setenv(DIRTYPIN_SCRATCH): %s", strerror(errno));
	error = load_start(&state->fio, arguments, 0, &call);
	if (error)
		run_broken(stress->run, "starting fio: %s: %s", call, strerror(-error));
	/* fio takes some 200 ms until its first write. */
	while (load_runs(&state->fio, BITE_MS) && !(state->written = bytes_written(state))) {
		if (clock_ns() > end)
			run_broken(stress->run, "fio wrote nothing for %d s in %s",
				   FIRST_WRITE_LIMIT_MS / 1000, stress->scratch);
	}
}

static int disturb(struct stress *stress)
{
	struct dirty_flood *state = stress->state;
	uint64_t before = state->written;

	if (!load_runs(&state->fio, BITE_MS)) {
		note_end(stress);
		return -ECHILD;
	}
	state->written = bytes_written(state);
	return state->written > before;
}

/* Adds up what fio reports of its jobs. */
static void note_report(struct stress *stress, const json_t *report)
{
	const json_t *job;
	double iops = 0;
	long long bytes = 0;
	size_t i;

	json_array_foreach(json_object_get(report, "jobs"), i, job)
	{
		const json_t *write = json_object_get(job, "write");

		bytes += json_integer_value(json_object_get(write, "io_bytes"));
		iops += json_number_value(json_object_get(write, "iops"));
	}
	stress_note(stress, "fio wrote %lld MiB, %.0f writes per second", bytes >> 20, iops);
}

static void stop(struct stress *stress)
{
	struct dirty_flood *state = stress->state;
	char *output;
	json_t *report;

	load_end(&state->fio, SIGINT, END_LIMIT_MS);
	output = load_output(&state->fio);
	/* It says that it was interrupted before its report begins. */
	report = json_loads(output && strchr(output, '{') ? strchr(output, '{') : "",
			    JSON_DISABLE_EOF_CHECK, NULL);
	if (report)
		note_report(stress, report);
	else
		stress_note(stress, "fio wrote %llu MiB by the kernel's count, and gave no report",
			    (unsigned long long)state->written >> 20);
	json_decref(report);
	free(output);
}

STRESSOR(dirty_flood) = {
	.name = "dirty_flood",
	.summary = "flood the page cache and the device by buffered writes of fio",
	.place = BESIDE,
	.needs = NEED_BLOCK_DEVICE,
	.pause_ns = 1000000,
	.state_bytes = sizeof(struct dirty_flood),
	.probe = probe,
	.start = start,
	.disturb = disturb,
	.stop = stop,
};
