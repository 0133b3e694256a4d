// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Both ends of a guest's result channel, for vm/: "pack" runs in the guest, "unpack" and "boot" on
 * the host. What a guest says of its own end is held against what it sent.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "front/arguments.h"
#include "results/archive.h"
#include "results/channel.h"
#include "results/report.h"

enum { WHY_BYTES = 1024, KEYS = 16 };

static int complain(const char *why)
{
	fprintf(stderr, "dirtypin: guest-result: %s\n", why);
	return CODE_BROKEN;
}

static bool number(const char *text, unsigned long limit, uint32_t *value)
{
	char *end;
	unsigned long read = strtoul(text, &end, 10);

	*value = (uint32_t)read;
	return *text && !*end && read <= limit;
}

/* pack CHANNEL NONCE SEQUENCE [--end CODE] [DIRECTORY] */
static int pack(int argc, char **argv)
{
	struct channel_message message = {.end = false};
	char *archive = NULL, why[WHY_BYTES];
	struct utsname kernel;
	size_t length = 0;
	int channel, directory = -1, status = 0;

	if (argc < 3 || !number(argv[2], UINT32_MAX, &message.sequence))
		return CODE_USAGE;
	snprintf(message.nonce, sizeof(message.nonce), "%s", argv[1]);
	if (uname(&kernel) == 0)
		memcpy(message.release, kernel.release, sizeof(kernel.release));
	message.end = argc >= 5 && strcmp(argv[3], "--end") == 0;
	if (message.end && !number(argv[4], 255, &message.exit_code))
		return CODE_USAGE;
	channel = open(argv[0], O_RDWR | O_CLOEXEC);
	if (channel < 0) {
		fprintf(stderr, "dirtypin: guest-result: %s: %s\n", argv[0], strerror(errno));
		return CODE_BROKEN;
	}
	if (argc > (message.end ? 5 : 3)) {
		off_t bytes = lseek(channel, 0, SEEK_END);

		directory = open(argv[argc - 1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		status = archive_pack(directory, channel_room(bytes < 0 ? 0 : (uint64_t)bytes),
				      &archive, &length, why, sizeof(why));
	}
	if (!status)
		status = channel_put(channel, &message, archive ? archive : "", length, why,
				     sizeof(why));
	if (directory >= 0)
		close(directory);
	free(archive);
	close(channel);
	return status ? complain(why) : CODE_PASSED;
}

/* What an end record claims that the bundle does not bear out, or NULL. */
static const char *lie_of(const struct channel_message *message, const char *path, char *why,
			  size_t why_bytes)
{
	struct bundle bundle;
	const char *lie = NULL;
	char file[4096];
	struct stat status;

	snprintf(file, sizeof(file), "%s/run.json", path);
	if (lstat(file, &status))
		return NULL;
	if (bundle_read(&bundle, path, why, why_bytes))
		return why;
	if (strcmp(bundle.release, message->release) != 0)
		lie = "its bundle is of another kernel than its end record";
	else if (!bundle.complete &&
		 (message->exit_code == CODE_PASSED || message->exit_code == CODE_FAILED ||
		  message->exit_code == CODE_ALL_SKIPPED))
		lie = "its end record says that the run was completed, its bundle that it was not";
	else if (report_exit_code(&bundle) == CODE_FAILED &&
		 (message->exit_code == CODE_PASSED || message->exit_code == CODE_ALL_SKIPPED))
		lie = "its end record says that nothing failed, its bundle has a fail";
	bundle_free(&bundle);
	return lie;
}

static int unpack_into(const char *path, const char *archive, size_t length, char *why,
		       size_t why_bytes)
{
	int directory, status;

	if (mkdir(path, 0755) || (directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		snprintf(why, why_bytes, "%s: %s", path, strerror(errno));
		return -1;
	}
	status = length ? archive_unpack(archive, length, directory, why, why_bytes) : 0;
	close(directory);
	return status;
}

/* unpack CHANNEL NONCE DIRECTORY: prints "end CODE RELEASE", "snapshot 0 RELEASE", or "lie" and
 * why.
 */
static int unpack(int argc, char **argv)
{
	struct channel_message message;
	const char *lie = NULL;
	char *archive, why[WHY_BYTES];
	size_t length;
	int channel, status;

	if (argc != 3)
		return CODE_USAGE;
	channel = open(argv[0], O_RDONLY | O_CLOEXEC);
	if (channel < 0) {
		fprintf(stderr, "dirtypin: guest-result: %s: %s\n", argv[0], strerror(errno));
		return CODE_BROKEN;
	}
	status = channel_get(channel, argv[1], &message, &archive, &length, why, sizeof(why));
	close(channel);
	if (status)
		return complain(why);
	status = unpack_into(argv[2], archive, length, why, sizeof(why));
	free(archive);
	if (status)
		lie = why;
	else if (message.end)
		lie = lie_of(&message, argv[2], why, sizeof(why));
	if (lie)
		printf("lie %s\n", lie);
	else
		printf("%s %u %s\n", message.end ? "end" : "snapshot", message.exit_code,
		       message.release);
	return CODE_PASSED;
}

/* The value of KEY=VALUE, or NULL where it is empty or not there. */
static const char *value_of(int argc, char **argv, const char *key)
{
	size_t length = strlen(key);

	for (int i = 0; i < argc; i++) {
		if (strncmp(argv[i], key, length) == 0 && argv[i][length] == '=')
			return argv[i][length + 1] ? argv[i] + length + 1 : NULL;
	}
	return NULL;
}

static unsigned count_of(int argc, char **argv, const char *key, unsigned otherwise)
{
	const char *value = value_of(argc, argv, key);
	uint32_t count;

	return value && number(value, UINT32_MAX, &count) ? count : otherwise;
}

/* boot DIRECTORY boot=SENTENCE KEY=VALUE...: the host's facts of a guest. */
static int boot(int argc, char **argv)
{
	struct bundle_boot facts = {.exit_code = -1};
	char why[WHY_BYTES];

	if (argc < 2 || argc > KEYS)
		return CODE_USAGE;
	facts.sentence = value_of(argc, argv, "boot");
	if (!facts.sentence)
		return CODE_USAGE;
	facts.panicked = count_of(argc, argv, "panicked", 0);
	facts.kernel = value_of(argc, argv, "kernel");
	facts.release = value_of(argc, argv, "release");
	facts.command_line = value_of(argc, argv, "command-line");
	facts.append = value_of(argc, argv, "append");
	facts.sysctls = value_of(argc, argv, "sysctls");
	facts.started = value_of(argc, argv, "started");
	facts.accelerator = value_of(argc, argv, "accelerator");
	facts.emulator = value_of(argc, argv, "emulator");
	facts.memory_mib = count_of(argc, argv, "memory-mib", 0);
	facts.cpus = count_of(argc, argv, "cpus", 0);
	facts.up_ns = count_of(argc, argv, "up-ms", 0) * 1000000ull;
	if (value_of(argc, argv, "exit-code"))
		facts.exit_code = (int)(count_of(argc, argv, "exit-code", 255) & 255);
	return bundle_boot(argv[0], &facts, why, sizeof(why)) ? complain(why) : CODE_PASSED;
}

static int run_guest_result(const struct arguments *arguments)
{
	const char *what = arguments->argc > 1 ? arguments->argv[1] : "";
	int argc = arguments->argc - 2, code = CODE_USAGE;
	char **argv = arguments->argv + 2;

	if (strcmp(what, "pack") == 0)
		code = pack(argc, argv);
	else if (strcmp(what, "unpack") == 0)
		code = unpack(argc, argv);
	else if (strcmp(what, "boot") == 0)
		code = boot(argc, argv);
	if (code == CODE_USAGE)
		complain("usage: pack CHANNEL NONCE SEQUENCE [--end CODE] [DIRECTORY], unpack "
			 "CHANNEL NONCE DIRECTORY, or boot DIRECTORY boot=SENTENCE [KEY=VALUE...]");
	return code;
}

const struct command command_guest_result = {
	.name = "guest-result",
	.words = "pack|unpack|boot ...",
	.summary = "carries the bundle of a guest to its host, for vm",
	.maximum_words = ANY_WORDS,
	.parses_itself = true,
	.internal = true,
	.run = run_guest_result,
};
