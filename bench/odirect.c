// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Moves bytes between the memory and a file by O_DIRECT pread(2) and pwrite(2). The kernel pins the
 * pages for as long as the device works on them: with FOLL_GET up to 6.4, with FOLL_PIN from 6.5 on
 * (920756a3306a, 1ccf164ec866). A read stores into the pages with nobody having faulted on them, so
 * if they belong to a file, that file becomes dirty only when the I/O ends and the pin is dropped;
 * writeback that cleaned the page in between would take the old bytes for the last word.
 *
 * Each call returns when its I/O is over, so one op is in flight per mover whatever the depth.
 */
#include "lib/positioned.h"
#include "lib/tables.h"

WORKLOAD(odirect) = {
	.name = "odirect",
	.summary = "read and write a file with O_DIRECT, one op at a time whatever the depth",
	.pin = PIN_IO,
	.ways = WAY_IN | WAY_OUT,
	.far = FAR_FILE,
	.needs = NEED_DIRECT_IO,
	.far_direct = true,
	.counted_since_6_5 = true,
	.state_bytes = sizeof(struct positioned),
	.setup = positioned_setup,
	.submit = positioned_submit,
	.teardown = positioned_teardown,
};
