// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Watching a case from outside: its heartbeat, its processes, the kernel log, the pin counters.
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/runner_private.h"

#define TICK_NS            100000000ull
#define SETTLE_LIMIT_NS    3000000000ull /* io_uring gives pins back from a work queue */
#define TERMINATE_LIMIT_NS 2000000000ull
#define KILL_LIMIT_NS      10000000000ull

/* Lines that a stressor of the case brings about by doing what it is for. */
static void ignored_lines(const struct case_spec *spec, const char *ignored[], unsigned limit)
{
	unsigned count = 0;

	for (unsigned i = 0; i < spec->stressors; i++) {
		const char *const *line = spec->stressor[i]->ignored_kernel_log;

		for (; line && *line && count + 1 < limit; line++)
			ignored[count++] = *line;
	}
	ignored[count] = NULL;
}

void runner_poll_kmsg(struct attempt *attempt, struct kmsg_lines *lines)
{
	const char *ignored[16];

	ignored_lines(attempt->spec, ignored, 16);
	if (attempt->runner->kmsg.fd >= 0)
		kmsg_poll(&attempt->runner->kmsg, ignored, lines);
}

/* Waits until the process ends (pidfd, Linux 5.3) or limit_ns is over. */
static bool wait_exit(pid_t pid, int pidfd, uint64_t limit_ns, int *status)
{
	struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
	uint64_t end = clock_ns() + limit_ns;
	uint64_t now;

	while ((now = clock_ns()) < end) {
		pid_t got = waitpid(pid, status, WNOHANG);

		if (got == pid || (got < 0 && errno == ECHILD))
			return true;
		if (poll(&poll_fd, 1, (end - now) / 1000000 + 1) < 0 && errno != EINTR)
			return false;
		if (runner_interrupted())
			break;
	}
	return waitpid(pid, status, WNOHANG) == pid;
}

/* Where the threads of pid are: "task 123 odirect: D, wchan folio_wait_bit_common". */
static void describe_tasks(pid_t pid, char *text, size_t bytes)
{
	char path[320], word[128];
	DIR *tasks;
	struct dirent *entry;
	size_t used = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks)) && used + 1 < bytes) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%.32s/wchan", pid, entry->d_name);
		if (read_text(path, word, sizeof(word)))
			continue;
		used += snprintf(text + used, bytes - used, "%stask %.32s in %s", used ? ", " : "",
				 entry->d_name,
				 word[0] && strcmp(word, "0") != 0 ? word : "user space");
		if (used > bytes)
			used = bytes;
	}
	if (tasks)
		closedir(tasks);
}

static void hang(struct attempt *attempt, int pidfd, uint64_t silent_ns, int *status)
{
	static const char *const phases[] = {"in setup", "while moving", "while judging",
					     "in teardown", "at its end"};
	struct case_result *result = attempt->shared;
	struct finding finding = {.kind = FINDING_HANG, .count = 1};
	char tasks[256] = "";
	const char *how = "it ended at SIGTERM";

	describe_tasks(attempt->pid, tasks, sizeof(tasks));
	kill(-attempt->pid, SIGTERM);
	if (!wait_exit(attempt->pid, pidfd, TERMINATE_LIMIT_NS, status)) {
		kill(-attempt->pid, SIGKILL);
		how = "it ended at SIGKILL";
		if (!wait_exit(attempt->pid, pidfd, KILL_LIMIT_NS, status))
			how = "it is still there after SIGKILL";
	}
	findings_add(&result->findings, &finding);
	result->verdict = VERDICT_FAIL;
	result->outcome = OUTCOME_NONE;
	snprintf(attempt->hang, sizeof(attempt->hang), "hung %s: no progress for %llu s; %s; %s",
		 phases[atomic_load(&result->phase)], (unsigned long long)(silent_ns / 1000000000),
		 tasks, how);
}

int runner_watch(struct attempt *attempt, struct kmsg_lines *lines, int *status)
{
	struct runner *runner = attempt->runner;
	int pidfd = syscall(SYS_pidfd_open, attempt->pid, 0);
	uint64_t beat = 0, since = clock_ns();
	int answer = 0;

	while (!wait_exit(attempt->pid, pidfd, TICK_NS, status)) {
		uint64_t now = clock_ns();
		uint64_t new_beat = atomic_load(&attempt->shared->heartbeat) +
				    ((uint64_t)atomic_load(&attempt->shared->phase) << 56);

		if (runner_interrupted()) {
			kill(-attempt->pid, SIGKILL);
			answer = -1;
			break;
		}
		if (new_beat != beat)
			since = now;
		beat = new_beat;
		if (now - since > runner->limit_ns) {
			hang(attempt, pidfd, now - since, status);
			answer = 1;
			break;
		}
		runner_poll_kmsg(attempt, lines);
		if (runner->tick)
			runner->tick(runner->context);
	}
	if (pidfd >= 0)
		close(pidfd);
	return answer;
}

void runner_end_group(struct attempt *attempt)
{
	uint64_t end = clock_ns() + KILL_LIMIT_NS;

	kill(-attempt->pid, SIGKILL);
	while (clock_ns() < end) {
		/* The runner is a subreaper: orphans of the case are its own. */
		pid_t pid = waitpid(-attempt->pid, NULL, WNOHANG);

		if (pid < 0)
			return;
		if (pid == 0)
			poll(NULL, 0, 1);
	}
}

/* Whether somebody else pins memory just now, so that the counters say nothing about this case. */
static bool others_pin(void)
{
	struct vmstat first, second;

	if (vmstat_read(&first))
		return true;
	poll(NULL, 0, 200);
	return vmstat_read(&second) || second.pins_acquired != first.pins_acquired;
}

void runner_judge_pins(struct attempt *attempt)
{
	struct case_result *result = attempt->shared;
	const struct vmstat *before = &attempt->before;
	uint64_t end = clock_ns() + SETTLE_LIMIT_NS;
	struct vmstat now;
	int64_t leaked = 0;

	if (!before->has_pins)
		return;
	for (;;) {
		if (vmstat_read(&now))
			return;
		leaked = (int64_t)(now.pins_acquired - before->pins_acquired) -
			 (int64_t)(now.pins_released - before->pins_released);
		if (leaked <= 0 || clock_ns() > end)
			break;
		poll(NULL, 0, 10);
	}
	result->pins_acquired = now.pins_acquired - before->pins_acquired;
	result->pins_released = now.pins_released - before->pins_released;
	for (unsigned i = 0; i < attempt->spec->workloads; i++) {
		const struct workload *workload = attempt->spec->workload[i];

		result->pins_expected |= workload->counted_always ||
					 (workload->counted_since_6_5 && kernel_at_least(6, 5));
	}
	if (leaked > 0 && others_pin()) {
		if (!result->reason[0])
			snprintf(result->reason, REASON_BYTES,
				 "another process is pinning memory, too: no verdict on leaks");
	} else if (leaked > 0) {
		struct finding finding = {.kind = FINDING_PIN_LEAK, .count = leaked};

		result->pins_leaked = leaked;
		findings_add(&result->findings, &finding);
	}
	if (result->pins_expected && !result->pins_acquired && result->verdict == VERDICT_PASS &&
	    result->outcome == OUTCOME_DATA) {
		result->verdict = VERDICT_BROKEN;
		result->outcome = OUTCOME_NONE;
		snprintf(result->reason, REASON_BYTES,
			 "no overlap: nr_foll_pin_acquired did not move, so nothing was pinned");
	}
}

static int remove_one(const char *path, const struct stat *status, int flag, struct FTW *ftw)
{
	return remove(path);
}

void runner_remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
