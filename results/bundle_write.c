// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one writer of bundles. What is said is on disk before the next thing happens: a line is
 * written whole and fsynced, run.json is replaced by rename, and the directory gets its final name
 * last. A kernel that dies in the middle of a case leaves "started, never finished" for that case,
 * and a directory whose name ends in ".partial".
 */
#include "results/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/machine.h"
#include "lib/run.h"
#include "results/bundle_name.h"
#include "results/facts.h"
#include "results/guest.h"
#include "results/json.h"

static int write_all(int fd, const char *bytes, size_t count)
{
	while (count) {
		ssize_t written = write(fd, bytes, count);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		bytes += written;
		count -= (size_t)written;
	}
	return 0;
}

/* Writes json and a newline at the end of fd, all of it or, if the disk is full, nothing. */
static int append(int fd, const json_t *json, size_t flags)
{
	char *text = json_dumps(json, flags);
	off_t before = lseek(fd, 0, SEEK_END);
	size_t length;
	int status;

	if (!text || before < 0) {
		free(text);
		errno = text ? errno : ENOMEM;
		return -1;
	}
	length = strlen(text);
	text[length] = '\n'; /* in place of its NUL: one write() for the whole line */
	status = write_all(fd, text, length + 1);
	free(text);
	if (status || fsync(fd)) {
		int error = errno;

		/* Should this fail too, the reader drops the line that was cut off. */
		if (ftruncate(fd, before) == 0)
			fsync(fd);
		errno = error;
		return -1;
	}
	return 0;
}

/* Replaces run.json, so that it is whole at any time. */
static int write_run(struct bundle_writer *writer)
{
	int fd = openat(writer->directory_fd, "run.json.new",
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int status;

	if (fd < 0)
		return -1;
	status = append(fd, writer->run, JSON_INDENT(2));
	if (close(fd) || status ||
	    renameat(writer->directory_fd, "run.json.new", writer->directory_fd, "run.json"))
		return -1;
	return fsync(writer->directory_fd);
}

static void set_time(json_t *run, const char *key)
{
	time_t now = time(NULL);
	struct tm utc;
	char text[40];

	gmtime_r(&now, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	json_object_set_new(run, key, json_string(text));
}

static json_t *run_facts(struct bundle_writer *writer, const struct bundle_run *run)
{
	json_t *json = json_object(), *plan = json_object();

	json_object_set_new(json, "schema", json_integer(BUNDLE_SCHEMA));
	json_object_set_new(json, "complete", json_false());
	json_object_set_new(json, "uuid", json_text(writer->uuid, sizeof(writer->uuid)));
	json_object_set_new(json, "suite_version", json_string(DIRTYPIN_VERSION));
	set_time(json, "started");
	if (run->label)
		json_object_set_new(json, "label", json_text(run->label, SIZE_MAX));
	json_object_set_new(json, "command", json_text(run->command_line, SIZE_MAX));
	json_object_set_new(json, "seed", json_count(run->seed));
	json_object_set_new(plan, "profile", json_text(run->profile, SIZE_MAX));
	json_object_set_new(plan, "cases", json_count(run->planned));
	json_object_set_new(json, "plan", plan);
	facts_machine(json);
	json_object_set_new(json, "kernel", facts_kernel(writer->directory_fd));
	json_object_set_new(json, "filesystems", facts_filesystems(run));
	return json;
}

static int open_files(struct bundle_writer *writer)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC;

	writer->directory_fd = open(writer->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (writer->directory_fd < 0)
		return -1;
	writer->cases_fd = openat(writer->directory_fd, "cases.jsonl", flags, 0644);
	writer->kmsg_fd = openat(writer->directory_fd, "kmsg.log", flags, 0644);
	return writer->cases_fd < 0 || writer->kmsg_fd < 0 ? -1 : 0;
}

int bundle_open(struct bundle_writer *writer, const char *parent, const char *out,
		const struct bundle_run *run, char *why, size_t why_bytes)
{
	*writer = (struct bundle_writer){
		.directory_fd = -1, .cases_fd = -1, .kmsg_fd = -1, .exact_path = out != NULL};
	if (run->seed > INT64_MAX) {
		snprintf(why, why_bytes,
			 "seed %#llx: JSON integers end at 2^63 (try: a smaller seed)",
			 (unsigned long long)run->seed);
		return -1;
	}
	if (bundle_make_directory(writer, parent, out, run->label, why, why_bytes))
		return -1;
	if (read_text("/proc/sys/kernel/random/uuid", writer->uuid, sizeof(writer->uuid)))
		snprintf(writer->uuid, sizeof(writer->uuid), "%016llx-%ld",
			 (unsigned long long)clock_ns(), (long)getpid());
	writer->start_ns = clock_ns();
	if (open_files(writer) == 0) {
		writer->run = run_facts(writer, run);
		if (write_run(writer) == 0)
			return 0;
	}
	snprintf(why, why_bytes, "cannot write the bundle in %s: %s", writer->temporary,
		 strerror(errno));
	bundle_abandon(writer);
	return -1;
}

static int append_record(struct bundle_writer *writer, json_t *record)
{
	int status;

	if (!record) {
		errno = ENOMEM;
		return -1;
	}
	status = append(writer->cases_fd, record, JSON_COMPACT);
	json_decref(record);
	return status;
}

int bundle_case_started(struct bundle_writer *writer, const struct case_spec *spec)
{
	if (spec->seed > INT64_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	if (append_record(writer, record_started(spec)))
		return -1;
	writer->open_cases++;
	return 0;
}

int bundle_case_ended(struct bundle_writer *writer, const struct case_spec *spec,
		      const struct case_result *result, const struct kmsg_lines *lines)
{
	enum verdict verdict = result->verdict < VERDICT_COUNT ? result->verdict : VERDICT_BROKEN;

	if (spec->seed > INT64_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	if (append_record(writer, record_ended(spec, result, lines)))
		return -1;
	if (writer->open_cases)
		writer->open_cases--;
	writer->counts[verdict]++;
	if (verdict == VERDICT_PASS && result->outcome == OUTCOME_REFUSED)
		writer->refused++;
	return 0;
}

static json_t *counts_of(const struct bundle_writer *writer)
{
	json_t *counts = json_object();

	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		uint64_t never_ended = i == VERDICT_BROKEN ? writer->open_cases : 0;

		json_object_set_new(counts, verdict_word(i),
				    json_count(writer->counts[i] + never_ended));
	}
	json_object_set_new(counts, "refused", json_count(writer->refused));
	return counts;
}

static void release(struct bundle_writer *writer)
{
	const int fds[] = {writer->cases_fd, writer->kmsg_fd, writer->directory_fd};

	for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	writer->cases_fd = writer->kmsg_fd = writer->directory_fd = -1;
	json_decref(writer->run);
	writer->run = NULL;
}

int bundle_close(struct bundle_writer *writer, bool complete)
{
	json_t *run = writer->run;
	int error = 0;

	json_object_set_new(run, "complete", json_boolean(complete));
	set_time(run, "ended");
	json_object_set_new(run, "duration_ns", json_count(clock_ns() - writer->start_ns));
	json_object_set_new(run, "counts", counts_of(writer));
	if (fsync(writer->kmsg_fd) || fsync(writer->cases_fd) || write_run(writer) ||
	    bundle_move_into_place(writer))
		error = errno;
	release(writer);
	errno = error;
	return error ? -1 : 0;
}

void bundle_abandon(struct bundle_writer *writer)
{
	DIR *directory = opendir(writer->temporary);
	struct dirent *entry;

	/* It holds plain files only; whatever else somebody put there keeps the directory. */
	while (directory && (entry = readdir(directory)))
		unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory)
		closedir(directory);
	rmdir(writer->temporary);
	release(writer);
}

/* The guest's files are there or not; what is missing is made. */
static int boot_files(struct bundle_writer *writer, const char *path)
{
	const int flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC;

	if (mkdir(path, 0755) && errno != EEXIST)
		return -1;
	writer->directory_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (writer->directory_fd < 0)
		return -1;
	writer->cases_fd = openat(writer->directory_fd, "cases.jsonl", flags, 0644);
	writer->kmsg_fd = openat(writer->directory_fd, "kmsg.log", flags, 0644);
	return writer->cases_fd < 0 || writer->kmsg_fd < 0 ? -1 : 0;
}

int bundle_boot(const char *path, const struct bundle_boot *boot, char *why, size_t why_bytes)
{
	struct bundle_writer writer = {.directory_fd = -1, .cases_fd = -1, .kmsg_fd = -1};
	int status = boot_files(&writer, path), fd;
	json_t *record = NULL, *run = NULL;

	if (!status && (fd = openat(writer.directory_fd, "run.json", O_RDONLY | O_CLOEXEC)) >= 0) {
		run = guest_run_read(fd);
		close(fd);
	}
	if (!status && boot->panicked)
		record = guest_panic_record(writer.directory_fd, boot->sentence);
	if (record)
		status = append_record(&writer, record);
	writer.run = guest_run(run, boot);
	if (!status)
		status = write_run(&writer);
	if (status)
		snprintf(why, why_bytes, "cannot write the bundle in %s: %s", path,
			 strerror(errno));
	release(&writer);
	return status;
}
