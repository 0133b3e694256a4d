// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines such as
 *
 *	kworker/u8:1-45 [001] d..2.  1637.929418: sb_mark_inode_writeback: dev 7,0 ino 12 ...
 *
 * read from trace_pipe, which gives the events of all CPUs in the order of their time and each
 *once.
 */
#include "lib/writeback_trace.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine.h"

enum { TEXT_BYTES = 65536 };

static void add_episode(struct writeback_trace *trace, uint64_t start_ns, uint64_t end_ns)
{
	/* Two CPUs may stamp an end and a beginning that follow each other the wrong way round. */
	if (trace->count && start_ns < trace->episode[trace->count - 1].end_ns)
		start_ns = trace->episode[trace->count - 1].end_ns;
	if (end_ns < start_ns)
		return;
	if (trace->count == trace->room) {
		size_t room = trace->room ? trace->room * 2 : 256;
		struct flight *grown = realloc(trace->episode, room * sizeof(*grown));

		if (!grown) {
			trace->incomplete = true;
			return;
		}
		trace->episode = grown;
		trace->room = room;
	}
	trace->episode[trace->count++] = (struct flight){start_ns, end_ns};
}

/* A mark or a clear that has lost its partner is no evidence: nothing is guessed. */
static void take_episode_event(struct writeback_trace *trace, bool mark, uint64_t time_ns)
{
	if (mark)
		trace->begun++;
	else if (trace->marked_ns)
		add_episode(trace, trace->marked_ns, time_ns);
	trace->marked_ns = mark ? time_ns : 0;
}

/* The time in front of the ": " at colon, in ns; 0 if none stands there. */
static uint64_t time_before(const char *line, const char *colon)
{
	const char *start = colon;
	uint64_t seconds, fraction, unit = 1000000000;
	char *end;

	while (start > line && (isdigit((unsigned char)start[-1]) || start[-1] == '.'))
		start--;
	seconds = strtoull(start, &end, 10);
	if (end == start || *end != '.')
		return 0;
	start = end + 1;
	fraction = strtoull(start, &end, 10);
	for (const char *digit = start; digit < end; digit++)
		unit /= 10;
	return seconds * 1000000000 + fraction * unit;
}

/* If line is the named event, its time and *payload, else 0. */
static uint64_t find_event(const char *line, const char *name, const char **payload)
{
	char pattern[64];
	const char *at;

	snprintf(pattern, sizeof(pattern), ": %s: ", name);
	at = strstr(line, pattern);
	if (!at)
		return 0;
	*payload = at + strlen(pattern);
	return time_before(line, at);
}

static bool is_subject(const struct writeback_trace *trace, const char *payload)
{
	char wanted[96];

	snprintf(wanted, sizeof(wanted), "dev %s ino %llu ", trace->device,
		 (unsigned long long)trace->inode);
	return strncmp(payload, wanted, strlen(wanted)) == 0;
}

static bool dirties_subject(const struct writeback_trace *trace, const char *payload)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), " ino=%llu ", (unsigned long long)trace->inode);
	return strstr(payload, wanted) != NULL;
}

/* Returns the event's time, or 0 for another line. */
static uint64_t take_line(struct writeback_trace *trace, const char *line)
{
	const char *payload = NULL;
	uint64_t time_ns = trace->dirty_event ? find_event(line, trace->dirty_event, &payload) : 0;

	if (time_ns) {
		trace->dirtied += dirties_subject(trace, payload);
		return time_ns;
	}
	time_ns = find_event(line, "sb_mark_inode_writeback", &payload);
	if (time_ns) {
		if (is_subject(trace, payload))
			take_episode_event(trace, true, time_ns);
		return time_ns;
	}
	time_ns = find_event(line, "sb_clear_inode_writeback", &payload);
	if (time_ns && is_subject(trace, payload))
		take_episode_event(trace, false, time_ns);
	/* "CPU:1 [LOST 77 EVENTS]": an episode that was open then has an unknown end. */
	if (!time_ns && strstr(line, " EVENTS]")) {
		trace->incomplete = true;
		trace->marked_ns = 0;
	}
	return time_ns;
}

/* Takes the whole lines of text and moves the rest to its start. Returns the rest's length; *last
 * is the time of the last event. */
static size_t take_text(struct writeback_trace *trace, char *text, size_t bytes, uint64_t *last)
{
	char *line = text, *end;

	while ((end = memchr(line, '\n', bytes - (size_t)(line - text)))) {
		uint64_t time_ns;

		*end = '\0';
		time_ns = take_line(trace, line);
		if (time_ns)
			*last = time_ns;
		line = end + 1;
	}
	bytes -= (size_t)(line - text);
	memmove(text, line, bytes);
	return bytes;
}

void writeback_trace_read(struct writeback_trace *trace, const char *instance)
{
	char path[640], *text = malloc(TEXT_BYTES);
	size_t held = 0;
	uint64_t last = 0;
	ssize_t bytes = 1;
	int fd;

	snprintf(path, sizeof(path), "%s/trace_pipe", instance);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || !text)
		trace->incomplete = true;
	/* What comes in meanwhile is left for the next time: it could go on forever. */
	while (fd >= 0 && text && last <= trace->until_ns && bytes != 0) {
		bytes = read(fd, text + held, TEXT_BYTES - held);
		if (bytes < 0 && errno == EINTR)
			continue;
		if (bytes < 0) {
			trace->incomplete |= errno != EAGAIN;
			break;
		}
		held = take_text(trace, text, held + (size_t)bytes, &last);
	}
	if (fd >= 0)
		close(fd);
	free(text);
	/* An episode that goes on is known up to now. */
	if (last > trace->until_ns)
		trace->until_ns = last;
	if (trace->marked_ns && trace->marked_ns < trace->until_ns) {
		add_episode(trace, trace->marked_ns, trace->until_ns);
		trace->marked_ns = trace->until_ns;
	}
}

static uint64_t number_after(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at ? strtoull(at + strlen(word), NULL, 10) : 0;
}

uint64_t writeback_trace_lost(const char *instance)
{
	char path[960], text[1024];
	const struct dirent *entry;
	uint64_t lost = 0;
	DIR *directory;

	snprintf(path, sizeof(path), "%s/per_cpu", instance);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		snprintf(path, sizeof(path), "%s/per_cpu/%s/stats", instance, entry->d_name);
		if (entry->d_name[0] == '.' || read_text(path, text, sizeof(text)))
			continue;
		/* Overwritten before they were read, and refused by a full buffer. */
		lost += number_after(text, "\noverrun: ") + number_after(text, "dropped events: ");
	}
	if (directory)
		closedir(directory);
	return lost;
}
