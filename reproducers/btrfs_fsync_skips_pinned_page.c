// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A page of a shared btrfs mapping is pinned for writing, fsync cleans it under the pin, and the
 * unpin makes it dirty again without asking the file system (unpin_user_pages_dirty_lock(), no
 * page_mkwrite()). The next fsync comes upon a dirty page that has no ordered extent:
 * btrfs_writepage_cow_fixup() hands it to a worker and leaves it dirty, and fsync returns 0 while
 * the disk has the old bytes. See docs/findings/btrfs-fsync-skips-pinned-pages.md.
 *
 * Pages that are handed over stay dirty since 25f3c5021985 "Btrfs: keep pages dirty when using
 * btrfs_writepage_fixup_worker"; that they have to be written by the fsync that met them is what no
 * commit that we know of has brought.
 */
#include "lib/tables.h"

REPRODUCER(btrfs_fsync_skips_pinned_page) = {
	.name = "btrfs_fsync_skips_pinned_page",
	.summary = "btrfs fsync passes over a page that an unpin made dirty",
	.case_id = "process_vm/file_shared/sync_storm@btrfs:hold=2000",
	.class_word = "lost write",
	.fixed_by = "no commit known",
	.bad = {{"5.10", NULL}},
};
