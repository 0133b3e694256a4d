// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/mountinfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The kernel writes space, tab, newline and backslash as three octal digits. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		unsigned value;

		if (*text == '\\' && sscanf(text + 1, "%3o", &value) == 1) {
			*to++ = (char)value;
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* id parent device root target options [tags] - type source super_options */
static bool parse(struct mount_line *line, char *text)
{
	char *before[6], *after[3], *save = NULL;
	char *dash = strstr(text, " - ");

	if (!dash)
		return false;
	*dash = '\0';
	for (int i = 0; i < 6; i++) {
		before[i] = strtok_r(i ? NULL : text, " ", &save);
		if (!before[i])
			return false;
		unescape(before[i]);
	}
	for (int i = 0; i < 3; i++) {
		after[i] = strtok_r(i ? NULL : dash + 3, " \n", &save);
		if (!after[i])
			return false;
		unescape(after[i]);
	}
	*line = (struct mount_line){.id = atoi(before[0]),
				    .device = before[2],
				    .root = before[3],
				    .target = before[4],
				    .type = after[0],
				    .source = after[1],
				    .super_options = after[2],
				    .text = text};
	return true;
}

bool mountinfo_find(struct mount_line *line,
		    bool (*match)(const struct mount_line *line, const void *context),
		    const void *context)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *text = NULL;
	size_t room = 0;
	bool found = false;
	struct mount_line each, last = {.text = NULL};

	if (!file)
		return false;
	while (getline(&text, &room, file) > 0) {
		if (!parse(&each, text) || !match(&each, context))
			continue;
		free(last.text);
		last = each;
		found = true;
		text = NULL;
		room = 0;
	}
	free(text);
	fclose(file);
	if (found)
		*line = last;
	return found;
}

static bool is_target(const struct mount_line *line, const void *context)
{
	return strcmp(line->target, context) == 0;
}

bool mountinfo_target(struct mount_line *line, const char *target)
{
	return mountinfo_find(line, is_target, target);
}

static bool is_below(const struct mount_line *line, const void *context)
{
	size_t length = strlen(context);

	return strncmp(line->target, context, length) == 0 &&
	       (line->target[length] == '\0' || line->target[length] == '/');
}

bool mountinfo_below(struct mount_line *line, const char *directory)
{
	return mountinfo_find(line, is_below, directory);
}

static bool is_id(const struct mount_line *line, const void *context)
{
	return line->id == *(const int *)context;
}

bool mountinfo_of_fd(struct mount_line *line, int fd)
{
	char path[64], text[128];
	int id = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(text, sizeof(text), file)) {
		if (sscanf(text, "mnt_id: %d", &id) == 1)
			break;
	}
	fclose(file);
	return id >= 0 && mountinfo_find(line, is_id, &id);
}

bool mount_option_set(const char *options, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = options; (at = strstr(at, word)); at += length) {
		bool starts = at == options || at[-1] == ',';

		if (starts && (at[length] == '\0' || at[length] == ','))
			return true;
	}
	return false;
}
