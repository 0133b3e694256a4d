// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running fio on a job file of bench/fio, and what its JSON says. Its CPU time is that of the job's
 * thread, user and system, as a share of the job's running time.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/arguments.h"
#include "front/self.h"
#include "lib/load.h"

enum { OUTPUT_LIMIT_BYTES = 1 << 20, PATH_LIMIT_BYTES = 1024 };

int self_fio_prepare(const char *directory, uint64_t bytes, unsigned seconds)
{
	char size[32], time[32];

	snprintf(size, sizeof(size), "%llu", (unsigned long long)bytes);
	snprintf(time, sizeof(time), "%u", seconds);
	if (setenv("DIRTYPIN_SELF_DIRECTORY", directory, 1) ||
	    setenv("DIRTYPIN_SELF_BYTES", size, 1) || setenv("DIRTYPIN_SELF_SECONDS", time, 1))
		return -1;
	return 0;
}

/* fio may print notes before the document. */
static json_t *read_document(const char *path, char *why, size_t why_bytes)
{
	char *text = calloc(1, OUTPUT_LIMIT_BYTES), *start;
	json_t *document = NULL;
	json_error_t error = {.text = "it has none"};

	if (text && read_text(path, text, OUTPUT_LIMIT_BYTES) == 0) {
		start = strchr(text, '{');
		if (start)
			document = json_loads(start, JSON_DISABLE_EOF_CHECK, &error);
		if (!document)
			snprintf(why, why_bytes, "fio's output is not JSON: %s", error.text);
	} else {
		snprintf(why, why_bytes, "reading fio's output %s: %s", path, strerror(errno));
	}
	free(text);
	return document;
}

static double number_of(json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static int read_sample(json_t *document, bool in_bytes, struct self_sample *sample, char *why,
		       size_t why_bytes)
{
	json_t *job = json_array_get(json_object_get(document, "jobs"), 0);
	json_t *way = json_object_get(job, "read");
	double ops, busy;

	if (number_of(way, "total_ios") == 0)
		way = json_object_get(job, "write");
	ops = number_of(way, "total_ios");
	busy = (number_of(job, "usr_cpu") + number_of(job, "sys_cpu")) / 100;
	if (!job || number_of(job, "error") != 0 || ops == 0 || number_of(way, "runtime") == 0) {
		snprintf(why, why_bytes, "fio's job ended with error %.0f after %.0f ops",
			 number_of(job, "error"), ops);
		return -1;
	}
	sample->rate =
		(in_bytes ? number_of(way, "io_bytes") : ops) * 1000 / number_of(way, "runtime");
	sample->cpu_ns = busy * number_of(job, "job_runtime") * 1e6 / ops;
	return 0;
}

int self_fio_run(struct self *self, const struct self_side *side, struct self_sample *sample,
		 char *why, size_t why_bytes)
{
	char job[PATH_LIMIT_BYTES], output[PATH_LIMIT_BYTES], option[PATH_LIMIT_BYTES + 16];
	const char *const arguments[] = {"fio", "--output-format=json", option, job, NULL};
	const char *directory = getenv("DIRTYPIN_SELF_DIRECTORY");
	json_t *document;
	int result;

	if (!load_is_there("fio")) {
		snprintf(why, why_bytes, "fio is not installed (try: apt install fio)");
		return 1;
	}
	snprintf(job, sizeof(job), "%.900s/bench/fio/%s.fio", source_directory(), side->what);
	snprintf(output, sizeof(output), "%.900s/fio_output", directory);
	snprintf(option, sizeof(option), "--output=%s", output);
	if (run_program(arguments, why, why_bytes)) {
		unlink(output);
		return -1;
	}
	document = read_document(output, why, why_bytes);
	unlink(output);
	if (!document)
		return -1;
	result = read_sample(document, strcmp(side->unit, "bytes_per_s") == 0, sample, why,
			     why_bytes);
	json_decref(document);
	return result;
}
