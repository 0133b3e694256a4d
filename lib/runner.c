// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parent of a case. It takes what the machine must lend, forks the case, watches it, and judges
 * what can only be judged from outside and afterwards: pins given back, the file system mounted
 * again, the kernel log.
 */
#include "lib/runner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/compare.h"
#include "lib/runner_private.h"

static atomic_int caught;

static void on_signal(int number)
{
	atomic_store(&caught, number);
}

void runner_catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

int runner_interrupted(void)
{
	return atomic_load(&caught);
}

/* In a child: dies with the runner, and leaves the runner's signals and locks to it. */
void runner_become_child(struct runner *runner, pid_t parent)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		signal(numbers[i], SIG_DFL);
	if (runner->machine)
		machine_after_fork(runner->machine);
}

static bool start(struct attempt *attempt)
{
	pid_t parent = getpid();

	attempt->pid = fork();
	if (attempt->pid < 0) {
		runner_set_verdict(attempt, VERDICT_BROKEN, strerror(errno));
		return false;
	}
	if (attempt->pid == 0) {
		runner_become_child(attempt->runner, parent);
		engine_run(attempt->spec, &attempt->place, attempt->ledgers, attempt->stress,
			   attempt->shared, attempt->runner->move_ns);
	}
	setpgid(attempt->pid, attempt->pid);
	return true;
}

/* How the case's process ended, where that alone is the answer. */
static void judge_exit(struct attempt *attempt, int status)
{
	static const char *const phases[] = {"setup", "moving", "judging", "teardown", "done"};
	char text[REASON_BYTES];
	unsigned phase = atomic_load(&attempt->shared->phase);

	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "the case's process died of signal %d (%s) while %s",
			 WTERMSIG(status), strsignal(WTERMSIG(status)), phases[phase]);
	else if (WEXITSTATUS(status) || phase != PHASE_DONE)
		snprintf(text, sizeof(text), "the case's process ended with code %d while %s",
			 WEXITSTATUS(status), phases[phase]);
	else
		return;
	runner_set_verdict(attempt, VERDICT_BROKEN, text);
}

/* Mounts the file system again and compares in a process of its own. */
static void remount(struct attempt *attempt)
{
	struct runner *runner = attempt->runner;
	struct case_result *result = attempt->shared;
	struct run *run;
	int status;
	pid_t parent = getpid(), pid;

	if (!runner->machine || !attempt->place.remountable || result->outcome != OUTCOME_DATA ||
	    !case_uses_file(attempt->spec))
		return;
	run = calloc(1, sizeof(*run));
	subject_layout(run, attempt->spec, &attempt->place);
	run->result = result;
	for (unsigned i = 0; i < run->subjects; i++)
		run->subject[i].ledger = attempt->ledgers[i];
	if (!((run->subject[0].views | run->subject[1].views) & 1u << VIEW_REMOUNT)) {
		free(run);
		return;
	}
	if (machine_remount(runner->machine, attempt->place.directory)) {
		runner_set_verdict(attempt, VERDICT_BROKEN, runner->machine->why);
		free(run);
		return;
	}
	pid = fork();
	if (pid == 0) {
		runner_become_child(runner, parent);
		compare_remounted(run);
		_exit(0);
	}
	free(run);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		runner_set_verdict(attempt, VERDICT_BROKEN,
				   "the comparison after the remount failed");
	else if (result->findings.count && result->verdict == VERDICT_PASS)
		result->verdict = VERDICT_FAIL;
}

/* The reason of a fail is its findings, in one sentence. */
static void word_findings(struct case_result *result)
{
	char sentence[REASON_BYTES - 64];
	size_t used;

	if (!result->findings.count)
		return;
	result->verdict = VERDICT_FAIL;
	finding_sentence(&result->findings.row[0], sentence, sizeof(sentence));
	used = snprintf(result->reason, REASON_BYTES, "%s", sentence);
	if (result->findings.count > 1)
		snprintf(result->reason + used, REASON_BYTES - used, " (and %u more findings)",
			 result->findings.count - 1);
}

static void finish(struct attempt *attempt, struct kmsg_lines *lines)
{
	struct case_result *result = attempt->shared;

	runner_judge_pins(attempt);
	remount(attempt);
	runner_poll_kmsg(attempt, lines);
	if (lines->count) {
		struct finding splat = {.kind = FINDING_SPLAT, .count = lines->count};

		findings_add(&result->findings, &splat);
	}
	/* What a broken case found is not worth a verdict, but for a splat. */
	if (result->verdict != VERDICT_BROKEN || lines->count || attempt->hang[0])
		word_findings(result);
	if (attempt->hang[0])
		snprintf(result->reason, REASON_BYTES, "%s", attempt->hang);
}

static void clean_up(struct attempt *attempt)
{
	struct runner *runner = attempt->runner;

	subject_remove_files(&attempt->place);
	runner_remove_tree(attempt->stress_directory);
	if (runner->machine && machine_rewind(runner->machine, attempt->mark) &&
	    attempt->shared->verdict == VERDICT_PASS)
		runner_set_verdict(attempt, VERDICT_BROKEN, runner->machine->why);
	for (unsigned i = 0; i < STRESSORS_PER_CASE; i++)
		free(attempt->stress[i].state);
	for (unsigned i = 0; i < SUBJECTS; i++)
		ledger_free(attempt->ledgers[i]);
}

static int attempt_case(struct runner *runner, const struct case_spec *spec,
			struct case_result *result, struct kmsg_lines *lines)
{
	struct attempt attempt = {.runner = runner, .spec = spec};
	int status = 0, ended = 0;

	memset(lines, 0, sizeof(*lines));
	attempt.shared = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (attempt.shared == MAP_FAILED) {
		memset(result, 0, sizeof(*result));
		result->verdict = VERDICT_BROKEN;
		snprintf(result->reason, REASON_BYTES, "mmap of the result: %s", strerror(errno));
		return 0;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	attempt.mark = runner->machine ? machine_mark(runner->machine) : 0;
	runner_poll_kmsg(&attempt, lines); /* what came before this case is not its own */
	memset(lines, 0, sizeof(*lines));
	if (runner_prepare(&attempt) && !vmstat_read(&attempt.before) && start(&attempt)) {
		ended = runner_watch(&attempt, lines, &status);
		if (ended == 0)
			judge_exit(&attempt, status);
		runner_end_group(&attempt);
		if (ended >= 0)
			finish(&attempt, lines);
	}
	clean_up(&attempt);
	memcpy(result, attempt.shared, sizeof(*result));
	munmap(attempt.shared, sizeof(*result));
	return ended < 0 ? -1 : 0;
}

static bool has_leak(const struct case_result *result)
{
	for (uint32_t i = 0; i < result->findings.count; i++) {
		if (result->findings.row[i].kind == FINDING_PIN_LEAK)
			return true;
	}
	return false;
}

/*
 * The pin counters are those of the whole system: a pin that another process takes during the case
 * and keeps looks like a leak. So a leak is believed when it is there in a second run, too;
 * otherwise the question could not be asked.
 */
int runner_case(struct runner *runner, const struct case_spec *spec, struct case_result *result,
		struct kmsg_lines *lines)
{
	int64_t leaked;

	if (attempt_case(runner, spec, result, lines))
		return -1;
	if (!has_leak(result) || result->findings.count > 1)
		return 0;
	leaked = result->pins_leaked;
	if (attempt_case(runner, spec, result, lines))
		return -1;
	if (has_leak(result) || result->verdict != VERDICT_PASS)
		return 0;
	result->verdict = VERDICT_BROKEN;
	result->outcome = OUTCOME_NONE;
	snprintf(result->reason, REASON_BYTES,
		 "%lld pins were not given back, but in a second run of the case all were: "
		 "another process may have taken them (try: a quiet machine)",
		 (long long)leaked);
	return 0;
}
