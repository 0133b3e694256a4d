/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plain files of one directory as a tar archive (ustar) in memory: how a bundle travels.
 * Nothing else fits into one: no directories, no links, no names that lead anywhere.
 */
#ifndef RESULTS_ARCHIVE_H
#define RESULTS_ARCHIVE_H

#include <stddef.h>

enum { ARCHIVE_FILES_LIMIT = 64 };

/* Packs the plain files in the directory into *bytes (to be freed), at most limit bytes. A file
 * that grows meanwhile is packed as long as it was when it was opened. 0, or -1 with one sentence.
 */
int archive_pack(int directory_fd, size_t limit, char **bytes, size_t *length, char *why,
		 size_t why_bytes);

/* Makes the archive's files in the directory, none of which may be there. Whoever made the archive
 * is not trusted. 0, or -1 with one sentence; then some of the files may have been made. */
int archive_unpack(const char *bytes, size_t length, int directory_fd, char *why, size_t why_bytes);

#endif
