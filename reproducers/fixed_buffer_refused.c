// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * io_uring is asked to register a shared file mapping as a fixed buffer: a long-term writable pin
 * of pages that writeback cleans. io_uring itself turned file memory down with EOPNOTSUPP; since
 * 8ac268436e6d "mm/gup: disallow FOLL_LONGTERM GUP-nonfast writing to file-backed mappings" (6.5)
 * the memory manager does it for everybody, with EFAULT. Both keep the promise. A kernel that takes
 * the pin is held to it: bytes that arrive through the buffer must be on the disk after fsync.
 *
 * No version is known to be bad, so a fail here is new.
 */
#include "lib/tables.h"

REPRODUCER(fixed_buffer_refused) = {
	.name = "fixed_buffer_refused",
	.summary = "io_uring registers a shared file mapping as a fixed buffer",
	.case_id = "uring_fixed/file_shared/sync_storm@ext4",
	.class_word = "API change",
	.fixed_by = "8ac268436e6d mm/gup: disallow FOLL_LONGTERM GUP-nonfast writing to "
		    "file-backed mappings",
};
