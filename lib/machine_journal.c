// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal: one line of text per change, oldest first, with a checksum at its end. It is
 * appended and fsynced before the change is made; "undone" and the checksum are appended when it is
 * over, which may be lost, since a change can be undone twice. Only the last line can be cut short,
 * and then its change was never made. The first line names the boot: what lived in that kernel went
 * with it.
 */
#include "lib/machine_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOOT_WORD   "boot"
#define UNDONE_WORD "undone"

/* So many lines more than changes, and the journal is written anew. */
enum { LINES_LIMIT = 512 };

void journal_path(const struct machine *machine, const char *suffix, char *path, size_t bytes)
{
	snprintf(path, bytes, "%s/journal%s", machine->directory, suffix);
}

void change_free(struct change *change)
{
	for (unsigned i = 0; i < CHANGE_WORDS; i++)
		free((char *)change->word[i]);
}

int changes_add(struct machine *machine, const struct change *change)
{
	struct changes *changes = machine->changes;
	struct change copy = {.kind = change->kind, .sum = change->sum};

	if (changes->count == changes->capacity) {
		unsigned capacity = changes->capacity ? 2 * changes->capacity : 32;
		struct change *list = realloc(changes->list, capacity * sizeof(*list));

		if (!list)
			return machine_fail(machine, "the list of changes: %s", strerror(errno));
		changes->list = list;
		changes->capacity = capacity;
	}
	for (unsigned i = 0; i < change_types[change->kind].words; i++) {
		copy.word[i] = strdup(change->word[i] ? change->word[i] : "");
		if (!copy.word[i]) {
			change_free(&copy);
			return machine_fail(machine, "the list of changes: %s", strerror(errno));
		}
	}
	changes->list[changes->count++] = copy;
	return 0;
}

static void boot_id(char *text, size_t bytes)
{
	if (read_text("/proc/sys/kernel/random/boot_id", text, bytes) < 0)
		snprintf(text, bytes, "unknown");
}

/* Whether a boot takes the change with it. */
static bool is_moot(const struct change *change)
{
	static const char *const kernels_own[] = {"/proc/", "/sys/", "/dev/"};

	for (size_t i = 0; i < sizeof(kernels_own) / sizeof(kernels_own[0]); i++) {
		if (strncmp(change->word[0], kernels_own[i], strlen(kernels_own[i])) == 0)
			return true;
	}
	return !change_types[change->kind].on_disk;
}

void changes_drop(struct changes *changes, unsigned index)
{
	change_free(&changes->list[index]);
	changes->count--;
	memmove(&changes->list[index], &changes->list[index + 1],
		(changes->count - index) * sizeof(struct change));
}

/* The newest change with that checksum: of several that say the same, any will do. */
static void read_undone(struct changes *changes, const char *word)
{
	unsigned sum;

	if (sscanf(word, "%8x", &sum) != 1)
		return;
	for (unsigned i = changes->count; i-- > 0;) {
		if (changes->list[i].sum == sum) {
			changes_drop(changes, i);
			return;
		}
	}
}

static int read_line(struct machine *machine, char *line, const char *boot, bool *same_boot)
{
	char *words[CHANGE_WORDS + 1] = {NULL};
	unsigned sum = 0, count = line_words(line, words, &sum);

	if (count == 2 && strcmp(words[0], BOOT_WORD) == 0)
		*same_boot = strcmp(words[1], boot) == 0;
	if (count == 2 && strcmp(words[0], UNDONE_WORD) == 0)
		read_undone(machine->changes, words[1]);
	for (unsigned kind = 0; kind < CHANGE_KINDS; kind++) {
		struct change change = {.kind = kind, .sum = sum};

		if (count != change_types[kind].words + 1 ||
		    strcmp(words[0], change_types[kind].name) != 0)
			continue;
		for (unsigned i = 1; i < count; i++)
			change.word[i - 1] = words[i];
		if (*same_boot || !is_moot(&change))
			return changes_add(machine, &change);
	}
	return 0;
}

int journal_read(struct machine *machine)
{
	char path[512], boot[64], *line = NULL;
	size_t room = 0;
	bool same_boot = true;
	int result = 0;
	FILE *file;

	journal_path(machine, "", path, sizeof(path));
	file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return 0;
	if (!file)
		return machine_fail(machine, "the journal %s: %s", path, strerror(errno));
	boot_id(boot, sizeof(boot));
	while (result == 0 && getline(&line, &room, file) > 0)
		result = read_line(machine, line, boot, &same_boot);
	free(line);
	fclose(file);
	return result;
}

/* Writes one line, whole. Errors come back as errno. */
static int write_line(int fd, const char *name, const char *const *words, unsigned count,
		      unsigned *sum)
{
	char *line = line_of(name, words, count, sum);
	ssize_t written;
	int error;

	if (!line)
		return -1;
	written = write(fd, line, strlen(line));
	error = written < 0 ? errno : ENOSPC;
	if (written == (ssize_t)strlen(line))
		error = 0;
	free(line);
	errno = error;
	return error ? -1 : 0;
}

/* Appends a line, or nothing: a piece of one would swallow the next. */
static int append(struct machine *machine, const char *name, const char *const *words,
		  unsigned count, unsigned *sum)
{
	struct changes *changes = machine->changes;
	off_t end = lseek(machine->journal_fd, 0, SEEK_END);
	int error;

	if (end >= 0 && write_line(machine->journal_fd, name, words, count, sum) == 0) {
		changes->lines++;
		return 0;
	}
	error = errno;
	if (end >= 0 && ftruncate(machine->journal_fd, end) < 0)
		error = errno;
	return machine_fail(machine, "the journal in %s: %s (try: free space there)",
			    machine->directory, strerror(error));
}

int journal_append(struct machine *machine, struct change *change)
{
	const struct change_type *type = &change_types[change->kind];

	if (append(machine, type->name, change->word, type->words, &change->sum) < 0)
		return -1;
	if (fsync(machine->journal_fd) == 0)
		return 0;
	return machine_fail(machine, "fsync of the journal in %s: %s", machine->directory,
			    strerror(errno));
}

int journal_undone(struct machine *machine, const struct change *change)
{
	struct changes *changes = machine->changes;
	char word[16];
	unsigned sum;

	snprintf(word, sizeof(word), "%08x", change->sum);
	if (append(machine, UNDONE_WORD, (const char *const[]){word}, 1, &sum) < 0)
		return -1;
	return changes->lines > changes->count + LINES_LIMIT ? journal_rewrite(machine) : 0;
}

static int write_all(struct machine *machine, int fd)
{
	struct changes *changes = machine->changes;
	char boot[64];
	unsigned sum;

	boot_id(boot, sizeof(boot));
	if (write_line(fd, BOOT_WORD, (const char *const[]){boot}, 1, &sum) < 0)
		return -1;
	changes->lines = 1;
	for (unsigned i = 0; i < changes->count; i++) {
		struct change *change = &changes->list[i];
		const struct change_type *type = &change_types[change->kind];

		if (write_line(fd, type->name, change->word, type->words, &change->sum) < 0)
			return -1;
		changes->lines++;
	}
	return fsync(fd);
}

static int sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = fd < 0 ? -1 : fsync(fd);

	if (fd >= 0)
		close(fd);
	return result;
}

int journal_rewrite(struct machine *machine)
{
	char path[512], fresh[512];
	int fd;

	journal_path(machine, "", path, sizeof(path));
	journal_path(machine, ".new", fresh, sizeof(fresh));
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return machine_fail(machine, "the journal %s: %s", fresh, strerror(errno));
	if (write_all(machine, fd) < 0 || rename(fresh, path) < 0 ||
	    sync_directory(machine->directory) < 0) {
		machine_fail(machine, "the journal %s: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	if (machine->journal_fd >= 0)
		close(machine->journal_fd);
	machine->journal_fd = fd;
	return 0;
}
