// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench --self: what the suite itself costs, printed beside what others need for the same bytes on
 * the same file systems. Nothing here is a test: a number that misses its aim is said to, and the
 * exit code only tells whether everything could be run.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "front/command.h"
#include "front/self.h"

#define MOVE_NS          1000000000ull
#define CASE_LIMIT_NS    60000000000ull
#define MEMORY_AIM_BYTES (64.0 * (1 << 20))

struct request {
	bool json;
	const char *directory; /* where the disk's files go, or NULL */
};

static int parse(struct request *request, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			request->json = true;
		} else if (strncmp(argv[i], "--dir=", 6) == 0) {
			request->directory = argv[i] + 6;
		} else if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc) {
			request->directory = argv[++i];
		} else if (strcmp(argv[i], "--self") != 0) {
			fprintf(stderr,
				"dirtypin: bench --self: \"%s\" is none of its options (--json, "
				"--dir DIR)\n",
				argv[i]);
			return -1;
		}
	}
	return 0;
}

/* What this process needed at most while it ran cases. Their buffers are in processes of their own,
 * and the ledgers and histograms that it shares with them count here. */
static void add_memory(struct self *self)
{
	struct rusage usage;
	struct self_row *row =
		self_row_add(self, "memory", "the runner's peak (ru_maxrss)", "bytes");

	getrusage(RUSAGE_SELF, &usage);
	row->value = (double)usage.ru_maxrss * 1024;
	row->aim = MEMORY_AIM_BYTES;
	row->at_most = true;
}

static void measure(struct self *self)
{
	self_null(self);
	self_verified(self);
	self_random(self);
	if (runner_interrupted())
		return;
	/* Before the stamps, whose buffers are in this process. */
	add_memory(self);
	self_stamps(self);
}

int command_self(int argc, char **argv)
{
	struct request request = {0};
	struct self *self;
	char why[SELF_WHY_BYTES];
	int code = CODE_PASSED;

	if (parse(&request, argc, argv))
		return CODE_USAGE;
	self = calloc(1, sizeof(*self));
	if (self)
		self->result = calloc(1, sizeof(*self->result));
	if (!self || !self->result) {
		fprintf(stderr, "dirtypin: bench --self: no memory for its results\n");
		free(self);
		return CODE_BROKEN;
	}
	self->say = isatty(STDERR_FILENO) || request.json ? stderr : stdout;
	self->runner.kmsg.fd = -1;
	self->runner.move_ns = MOVE_NS;
	self->runner.limit_ns = CASE_LIMIT_NS;
	runner_catch_signals();
	if (self_places_open(self, request.directory, why, sizeof(why)) == 0) {
		measure(self);
	} else {
		fprintf(stderr, "dirtypin: bench --self: %s\n", why);
		self->broken = true;
	}
	if (self_places_close(self, why, sizeof(why))) {
		fprintf(stderr, "dirtypin: bench --self: %s\n", why);
		self->broken = true;
	}
	if (request.json)
		self_print_json(stdout, self);
	else
		self_print(stdout, self);
	if (self->broken)
		code = CODE_BROKEN;
	if (runner_interrupted())
		code = CODE_SIGNAL + runner_interrupted();
	free(self->result);
	free(self);
	return code;
}
