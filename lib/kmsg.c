// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel log, read record by record from /dev/kmsg while a case runs. Lines that say that the
 * kernel itself found something wrong turn a verdict, so the table below holds what the kernel
 * prints in just these cases; words that also stand in harmless lines ("warning", "error",
 * "failed") do not suffice. What user space writes to /dev/kmsg is judged alike.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/evidence.h"

/* The longest record that the kernel hands out is 8 KiB up to 6.x, and read() of less is EINVAL. */
enum { RECORD_BYTES = 16384 };

/* A line is bad if word stands in it, not directly behind a letter or a digit ("DEBUG:" is not
 * "BUG:"), and then, if it is set, somewhere behind. */
struct pattern {
	const char *word, *then;
};

static const struct pattern bad_patterns[] = {
	{"WARNING: CPU:", NULL},    /* WARN() up to 6.17 */
	{"WARNING: ", ", CPU#"},    /* and since: "WARNING: FILE:LINE at FUNCTION, CPU#N: ..." */
	{"WARNING: possible ", ""}, /* lockdep: circular, recursive, irq inversion */
	{"WARNING: inconsistent lock state", NULL},
	{"WARNING: bad unlock balance", NULL},
	{"WARNING: suspicious RCU usage", NULL},
	{"WARNING: Nested lock was not taken", NULL},
	{"WARNING: held lock freed", NULL},
	{"WARNING: lock held when returning to user space", NULL},
	{"WARNING: ", "still has locks held"},
	{"WARNING: ", "-safe -> "}, /* lockdep: HARDIRQ-safe -> HARDIRQ-unsafe lock order */
	{"possible circular locking", NULL},
	{"possible recursive locking", NULL},
	{"INFO: trying to register non-static key", NULL},
	{"BUG: ", NULL},
	{"kernel BUG at", NULL},
	{"Oops: ", NULL},
	{"Internal error: ", NULL},
	{"Kernel panic - not syncing", NULL},
	{"general protection fault: ", NULL}, /* " ip:" follows where it was a user's program */
	{"general protection fault, probably", NULL},
	{"divide error: 0000 [#", NULL},
	{"Unable to handle kernel", NULL},
	{"unable to handle kernel", NULL},
	{"KASAN: ", NULL},
	{"KCSAN: ", NULL},
	{"KFENCE: ", NULL},
	{"KMSAN: ", NULL},
	{"UBSAN: ", NULL},
	{"refcount_t: ", NULL},
	{"list_add corruption", NULL},
	{"list_del corruption", NULL},
	{"Bad swap file entry", NULL},
	{"INFO: task ", "blocked for more than"},
	{"INFO: rcu_", "stall"},
	{"rcu", "kthread starved for"},
	{"soft lockup", NULL},
	{"hard LOCKUP", NULL},
	{"I/O error", NULL}, /* block layer, buffer heads, ext4, xfs */
	{"critical medium error", NULL},
	{"protection error, dev", NULL},
	{"tag error at ", NULL},             /* T10 PI: guard, ref and app tags */
	{"Checksum failed at sector", NULL}, /* dm-integrity */
	{"loop: Write error at byte offset", NULL},
	{"Page cache invalidation failure on direct I/O", NULL},
	{"csum failed", NULL},
	{"checksum verify failed", NULL},
	{"BTRFS error", NULL},
	{"BTRFS: error", NULL},
	{"BTRFS critical", NULL},
	{"BTRFS: Transaction aborted", NULL},
	{"EXT4-fs error", NULL},
	{"EXT4-fs (", "Remounting filesystem read-only"},
	{"EXT4-fs (", "Data will be lost"},
	{"This should not happen!! Data will be lost", NULL},
	{"JBD2: Detected IO errors while flushing", NULL},
	{"Aborting journal on device", NULL},
	{"XFS (", "orruption"},
	{"XFS (", "Internal error"},
	{"XFS (", "CRC error"},
	{"XFS (", "writeback error"},
	{"XFS (", "Shutting down filesystem"},
	{"XFS (", "Filesystem has been shut down"},
	{"XFS: Assertion failed", NULL},
	{"F2FS-fs (", "orrupt"},
	{"F2FS-fs (", "inconsistent"},
	{"F2FS-fs (", "Stopped filesystem"},
};

/* Of the above, what a debugging aid says about its own limits. */
static const struct pattern good_patterns[] = {
	{"BUG: MAX_LOCK", "too low!"},
	{"BUG: MAX_STACK_TRACE_ENTRIES too low!", NULL},
};

static bool matches(const char *text, const struct pattern *pattern)
{
	const char *at = text;

	while ((at = strstr(at, pattern->word))) {
		bool whole = at == text || !isalnum((unsigned char)pattern->word[0]) ||
			     !isalnum((unsigned char)at[-1]);
		const char *behind = at + strlen(pattern->word);

		if (whole && (!pattern->then || strstr(behind, pattern->then)))
			return true;
		at++;
	}
	return false;
}

bool kmsg_is_bad(const char *text)
{
	for (size_t i = 0; i < sizeof(good_patterns) / sizeof(good_patterns[0]); i++) {
		if (matches(text, &good_patterns[i]))
			return false;
	}
	for (size_t i = 0; i < sizeof(bad_patterns) / sizeof(bad_patterns[0]); i++) {
		if (matches(text, &bad_patterns[i]))
			return true;
	}
	return false;
}

static void give_up(struct kmsg *kmsg, const char *call)
{
	int error = errno;

	if (kmsg->fd >= 0)
		close(kmsg->fd);
	kmsg->fd = -1;
	snprintf(kmsg->why, sizeof(kmsg->why), "%s(/dev/kmsg): %s%s", call, strerror(error),
		 error == EPERM || error == EACCES
			 ? " (try: as root, or sysctl kernel.dmesg_restrict=0)"
			 : "");
}

void kmsg_open(struct kmsg *kmsg, int copy_fd)
{
	*kmsg = (struct kmsg){.fd = -1, .copy_fd = copy_fd};
	kmsg->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg->fd < 0)
		give_up(kmsg, "open");
	else if (lseek(kmsg->fd, 0, SEEK_END) < 0)
		give_up(kmsg, "lseek");
}

static bool is_ignored(const char *text, const char *const *ignored)
{
	for (; ignored && *ignored; ignored++) {
		if (strstr(text, *ignored))
			return true;
	}
	return false;
}

static void copy_record(const struct kmsg *kmsg, const char *record, size_t bytes)
{
	while (kmsg->copy_fd >= 0 && bytes > 0) {
		ssize_t written = write(kmsg->copy_fd, record, bytes);

		if (written < 0 && errno == EINTR)
			continue;
		/* The log is a convenience; the verdict does not wait for a full disk. */
		if (written <= 0)
			return;
		record += written;
		bytes -= (size_t)written;
	}
}

/* record is "priority,sequence,time,flags;text", then a line with a leading space for each
 * property of the device that it is about. */
static void take_record(struct kmsg *kmsg, char *record, const char *const *ignored,
			struct kmsg_lines *lines)
{
	unsigned long long sequence;
	char *text = strchr(record, ';');

	if (!text || sscanf(record, "%*u,%llu,", &sequence) != 1)
		return;
	if (kmsg->next_sequence && sequence > kmsg->next_sequence)
		kmsg->lost = true;
	kmsg->next_sequence = sequence + 1;
	text++;
	text[strcspn(text, "\n")] = '\0';
	if (!kmsg_is_bad(text) || is_ignored(text, ignored))
		return;
	if (lines->count < KMSG_LINES)
		snprintf(lines->line[lines->count], KMSG_LINE_BYTES, "%s", text);
	lines->count++;
}

void kmsg_poll(struct kmsg *kmsg, const char *const *ignored, struct kmsg_lines *lines)
{
	char record[RECORD_BYTES];

	while (kmsg->fd >= 0) {
		ssize_t bytes = read(kmsg->fd, record, sizeof(record) - 1);

		if (bytes < 0 && errno == EPIPE) {
			/* The next read goes on at the oldest record that is left. */
			kmsg->lost = true;
		} else if (bytes < 0 && errno == EINTR) {
			continue;
		} else if (bytes < 0 && errno == EAGAIN) {
			return;
		} else if (bytes < 0) {
			give_up(kmsg, "read");
		} else if (bytes == 0) {
			return;
		} else {
			record[bytes] = '\0';
			copy_record(kmsg, record, (size_t)bytes);
			take_record(kmsg, record, ignored, lines);
		}
	}
}

void kmsg_close(struct kmsg *kmsg)
{
	if (kmsg->fd >= 0)
		close(kmsg->fd);
	kmsg->fd = -1;
}
