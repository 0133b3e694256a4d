// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest whose kernel dies leaves a bundle that says "never finished" about the case it died in.
 * The host has seen the panic on the console, and with that the case has its verdict: a kernel that
 * does not survive the question has failed it.
 */
#include "results/guest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/machine.h"
#include "results/json.h"

enum { TAIL_BYTES = 64 << 10 };

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, json_text(text, SIZE_MAX));
}

/* Every bundle has these, also one whose guest never ran. */
static json_t *empty_run(const struct bundle_boot *boot)
{
	json_t *run = json_object(), *kernel = json_object(), *plan = json_object();
	json_t *counts = json_object();
	char uuid[64];

	if (read_text("/proc/sys/kernel/random/uuid", uuid, sizeof(uuid)) == 0)
		set_text(run, "uuid", uuid);
	json_object_set_new(run, "schema", json_integer(BUNDLE_SCHEMA));
	set_text(run, "suite_version", DIRTYPIN_VERSION);
	set_text(run, "started", boot->started);
	set_text(kernel, "release", boot->release ? boot->release : "unknown");
	set_text(kernel, "command_line", boot->command_line);
	json_object_set_new(plan, "cases", json_integer(0));
	for (unsigned i = 0; i < VERDICT_COUNT; i++)
		json_object_set_new(counts, verdict_word(i), json_integer(0));
	json_object_set_new(run, "kernel", kernel);
	json_object_set_new(run, "plan", plan);
	json_object_set_new(run, "counts", counts);
	return run;
}

json_t *guest_run_read(int fd)
{
	json_t *run = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(run))
		return run;
	json_decref(run);
	return NULL;
}

json_t *guest_run(json_t *run, const struct bundle_boot *boot)
{
	json_t *guest = json_object();

	if (!run)
		run = empty_run(boot);
	set_text(run, "boot", boot->sentence);
	if (strcmp(boot->sentence, BOOT_GOOD) != 0)
		json_object_set_new(run, "complete", json_false());
	set_text(guest, "kernel", boot->kernel);
	set_text(guest, "append", boot->append);
	set_text(guest, "sysctls", boot->sysctls);
	set_text(guest, "accelerator", boot->accelerator);
	set_text(guest, "emulator", boot->emulator);
	json_object_set_new(guest, "memory_mib", json_integer(boot->memory_mib));
	json_object_set_new(guest, "cpus", json_integer(boot->cpus));
	if (boot->exit_code >= 0)
		json_object_set_new(guest, "exit_code", json_integer(boot->exit_code));
	if (boot->up_ns)
		json_object_set_new(guest, "up_ns", json_count(boot->up_ns));
	json_object_set_new(run, "guest", guest);
	return run;
}

/* The last whole line of cases.jsonl, or NULL. */
static json_t *last_record(int directory_fd)
{
	int fd = openat(directory_fd, "cases.jsonl", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	off_t from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
	char *text = malloc(TAIL_BYTES + 1);
	ssize_t got = fd < 0 || !text ? 0 : pread(fd, text, TAIL_BYTES, from);
	json_t *record = NULL;

	if (fd >= 0)
		close(fd);
	while (got > 0 && text[got - 1] != '\n')
		got--;
	if (got > 0) {
		char *line;

		text[got - 1] = '\0';
		line = strrchr(text, '\n');
		record = json_loads(line ? line + 1 : text, JSON_REJECT_DUPLICATES, NULL);
	}
	free(text);
	return record;
}

json_t *guest_panic_record(int directory_fd, const char *sentence)
{
	json_t *record = last_record(directory_fd), *findings = json_array(),
	       *splat = json_object();
	const char *reason = json_string_value(json_object_get(record, "reason"));

	if (!reason || strcmp(reason, NEVER_FINISHED) != 0) {
		json_decref(record);
		json_decref(findings);
		json_decref(splat);
		return NULL;
	}
	set_text(splat, "kind", finding_word(FINDING_SPLAT));
	json_object_set_new(splat, "count", json_integer(1));
	json_array_append_new(findings, splat);
	json_object_set_new(record, "findings", findings);
	set_text(record, "verdict", verdict_word(VERDICT_FAIL));
	set_text(record, "reason", sentence);
	return record;
}
