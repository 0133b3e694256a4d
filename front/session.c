// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening and closing a session. What outlives this process is in the machine's journal before it
 * is changed; the bundle is completed before the machine is restored, so that a hang in the one
 * does not cost the other.
 */
#include "front/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "front/session_bundle.h"
#include "lib/run.h"

/* A case that moves no byte for so long is hung: writing back a scratch image takes seconds. */
#define CASE_LIMIT_NS (60 * PACE_NS_PER_S)

static int fail(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct session *session, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(session->why, sizeof(session->why), format, list);
	va_end(list);
	return -1;
}

static uint64_t any_seed(void)
{
	uint64_t seed;

	/* Up to 256 bytes are never given in part; before the pool is ready the clock must do. */
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = clock_ns();
	return seed & SESSION_SEED_MASK;
}

void session_prepare(struct session *session, const struct arguments *arguments,
		     const struct places *places)
{
	*session = (struct session){
		.arguments = arguments,
		.places = places,
		.say = arguments->json ? stderr : stdout,
		.seed = arguments_given(arguments, "seed") ? arguments->seed : any_seed(),
		.pace = pace_of((enum profile)arguments->profile, arguments->duration_ns),
		.machine = {.lock_fd = -1, .journal_fd = -1},
	};
	session->style =
		report_style_of(fileno(session->say), arguments->no_color, arguments->verbose);
}

/* --- where files go --- */

static int use_directory(struct session *session)
{
	if (scratch_use(&session->scratch, NULL, session->places->directory))
		return fail(session, "%s", session->scratch.mount[0].missing);
	session->scratch_made = true;
	return 0;
}

static void need(const struct filesystem **list, unsigned *count,
		 const struct filesystem *filesystem)
{
	for (unsigned i = 0; i < *count; i++) {
		if (list[i] == filesystem)
			return;
	}
	if (*count < SCRATCH_MOUNTS)
		list[(*count)++] = filesystem;
}

/* The file systems that the cases live on, and a second one where a case wants its two files apart.
 */
static unsigned needed(const struct session *session, const struct case_spec *cases, size_t count,
		       const struct filesystem **list)
{
	unsigned found = 0, mounted = 0;
	bool apart = false;

	for (size_t i = 0; i < count; i++) {
		need(list, &found, cases[i].filesystem);
		apart |= option_get(&cases[i].options, "apart") != 0;
	}
	for (unsigned i = 0; i < found; i++)
		mounted += list[i]->kernel_type != NULL;
	for (unsigned i = 0; apart && mounted == 1 && i < session->places->count; i++) {
		if (session->places->filesystem[i]->kernel_type)
			need(list, &found, session->places->filesystem[i]);
	}
	return found;
}

static int make_images(struct session *session, const struct case_spec *cases, size_t count)
{
	const struct filesystem *list[SCRATCH_MOUNTS];
	unsigned wanted = needed(session, cases, count, list);
	const char *directory = session->arguments->scratch;
	int repaired = machine_open(&session->machine);

	if (repaired < 0)
		return fail(session, "%s", session->machine.why);
	session->machine_open = true;
	session->runner.machine = &session->machine;
	if (repaired > 0)
		fprintf(session->say, "repaired %d things that an earlier run left\n", repaired);
	if (session->machine.why[0])
		fprintf(session->say,
			"not everything that an earlier run left could be repaired: %s\n",
			session->machine.why);
	if (scratch_make(&session->scratch, &session->machine, directory, list, wanted))
		return fail(session, "%s", session->machine.why);
	session->scratch_made = true;
	for (unsigned i = 0; i < session->scratch.mounts; i++) {
		const struct mount *mount = &session->scratch.mount[i];

		if (mount->missing[0])
			fprintf(session->say, "%s is missing here: %s\n", mount->filesystem->name,
				mount->missing);
	}
	return 0;
}

/* --- the whole --- */

static void open_trace(struct session *session)
{
	struct runner *runner = &session->runner;
	char name[32];

	/* With our pid, so that one that something else left there is not in the way. */
	snprintf(name, sizeof(name), "dirtypin-%d", getpid());
	if (!runner->machine ||
	    machine_trace_instance(runner->machine, name, runner->trace_instance,
				   sizeof(runner->trace_instance)) == 0)
		return;
	runner->trace_instance[0] = '\0';
	if (session->arguments->verbose)
		fprintf(session->say, "writeback is seen through /proc/vmstat only: %s\n",
			session->machine.why);
}

int session_open(struct session *session, const struct case_spec *cases, size_t count)
{
	runner_catch_signals();
	session->result = calloc(1, sizeof(*session->result));
	if (!session->result)
		return fail(session, "no memory for a case's result");
	session->runner.scratch = &session->scratch;
	session->runner.limit_ns = CASE_LIMIT_NS;
	if (session->places->directory[0] ? use_directory(session)
					  : make_images(session, cases, count))
		return -1;
	open_trace(session);
	if (session_bundle_open(session, count))
		return -1;
	session->bundle_open = true;
	kmsg_open(&session->runner.kmsg, session->writer.kmsg_fd);
	if (session->runner.kmsg.fd < 0)
		fprintf(session->say, "the kernel log is not watched: %s\n",
			session->runner.kmsg.why);
	progress_start(&session->progress, session->say, session->style, count);
	session->pace.start_ns = clock_ns();
	return 0;
}

int session_close(struct session *session, bool complete)
{
	int result = 0;

	if (session->bundle_open) {
		progress_end(&session->progress);
		kmsg_close(&session->runner.kmsg);
		if (bundle_close(&session->writer, complete))
			result = fail(session, "the bundle %s cannot be completed: %s",
				      session->writer.path, strerror(errno));
	}
	if (session->scratch_made)
		scratch_close(&session->scratch);
	if (session->machine_open && machine_close(&session->machine))
		result = fail(session,
			      "not everything could be restored: %s (the next run tries "
			      "again)",
			      session->machine.why);
	free(session->result);
	session->result = NULL;
	return result;
}
