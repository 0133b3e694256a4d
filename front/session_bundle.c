// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What only the session knows of a run, for run.json.
 */
#include "front/session_bundle.h"

#include <mntent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/text.h"

enum { MOUNT_TEXT_BYTES = 512, LINE_BYTES = 4096 };

/* Quotes what a shell would take apart, so that the line can be pasted. */
static size_t add_word(char *text, size_t bytes, size_t at, const char *word)
{
	bool plain = word[0] && !strpbrk(word, " \t\n'\"\\$`*?[]{}()<>|&;#~!");

	if (plain)
		return text_add(text, bytes, at, " %s", word);
	at = text_add(text, bytes, at, " '");
	for (; *word; word++)
		at = text_add(text, bytes, at, *word == '\'' ? "'\\''" : "%c", *word);
	return text_add(text, bytes, at, "'");
}

static void write_line(const struct arguments *arguments, char *text, size_t bytes)
{
	size_t at = text_add(text, bytes, 0, "./run.sh");

	for (int i = 0; i < arguments->argc; i++)
		at = add_word(text, bytes, at, arguments->argv[i]);
}

/* Writes "TYPE options" of the mount that directory lies on: the last one with its device number,
 * as a later mount hides an earlier one. */
static void mount_text(const char *directory, char *text, size_t bytes)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct stat here, there;
	struct mntent *entry;

	text[0] = '\0';
	if (!mounts)
		return;
	if (stat(directory, &here) == 0) {
		while ((entry = getmntent(mounts))) {
			if (stat(entry->mnt_dir, &there) == 0 && there.st_dev == here.st_dev)
				snprintf(text, bytes, "%s %s", entry->mnt_type, entry->mnt_opts);
		}
	}
	endmntent(mounts);
}

int session_bundle_open(struct session *session, size_t planned)
{
	const struct arguments *arguments = session->arguments;
	char line[LINE_BYTES], parent[4096], why[512];
	char text[SCRATCH_MOUNTS][MOUNT_TEXT_BYTES];
	struct bundle_run run = {
		.label = arguments->label,
		.command_line = line,
		.seed = session->seed,
		.profile = profile_words[arguments->profile],
		.planned = planned,
	};

	_Static_assert(sizeof(run.mount) / sizeof(run.mount[0]) >= SCRATCH_MOUNTS,
		       "a bundle has room for every mount");
	write_line(arguments, line, sizeof(line));
	for (unsigned i = 0; i < session->scratch.mounts; i++) {
		const struct mount *mount = &session->scratch.mount[i];

		if (mount->missing[0])
			continue;
		mount_text(mount->directory, text[i], sizeof(text[i]));
		run.mount[run.mounts].filesystem = mount->filesystem->name;
		run.mount[run.mounts].options = text[i];
		run.mount[run.mounts++].device = mount->device;
	}
	snprintf(parent, sizeof(parent), "%s/results/runs", source_directory());
	if (bundle_open(&session->writer, parent, arguments->out, &run, why, sizeof(why)) == 0)
		return 0;
	session->bad_out = arguments->out != NULL;
	snprintf(session->why, sizeof(session->why), "%s%s", why,
		 arguments->out ? "" : " (try: --out DIR)");
	return -1;
}
