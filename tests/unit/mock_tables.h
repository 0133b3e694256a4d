/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small set of tables, one for each rule that a case has to keep, registered beside those of the
 * suite. Include it in one file of an executable; call mock_tables() first.
 */
#ifndef TESTS_UNIT_MOCK_TABLES_H
#define TESTS_UNIT_MOCK_TABLES_H

#include "lib/tables.h"

#define MOCK(word) .name = #word, .summary = "stand in for " #word

static const char *mock_probe_fails(void)
{
	return "/dev/mock is absent (try: nothing)";
}

static const struct option_row mock_options[] = {
	{.name = "batch", .help = "ops per call", .preset = 4, .minimum = 1, .maximum = 64},
	{.name = NULL},
};

WORKLOAD(mock_direct) = {MOCK(mock_direct), .ways = WAY_IN | WAY_OUT, .far = FAR_FILE,
			 .far_direct = true, .needs = NEED_DIRECT_IO};
WORKLOAD(mock_fixed) = {MOCK(mock_fixed), .ways = WAY_IN | WAY_OUT, .far = FAR_FILE,
			.far_direct = true, .options = mock_options};
WORKLOAD(mock_buffered) = {MOCK(mock_buffered), .ways = WAY_IN | WAY_OUT, .far = FAR_FILE,
			   .far_buffered_out = true};
WORKLOAD(mock_memory) = {MOCK(mock_memory), .ways = WAY_IN | WAY_OUT, .far = FAR_MEMORY};
WORKLOAD(mock_store) = {MOCK(mock_store), .ways = WAY_IN, .far = FAR_SELF};
WORKLOAD(mock_splice) = {MOCK(mock_splice), .ways = WAY_OUT, .far = FAR_MEMORY};
WORKLOAD(mock_unbuilt) = {MOCK(mock_unbuilt), .missing = "libmock was not there", .ways = WAY_IN,
			  .far = FAR_MEMORY};

BACKING(mock_anon) = {MOCK(mock_anon)};
BACKING(mock_memfd) = {MOCK(mock_memfd), .file = true, .shared = true};
BACKING(mock_shared) = {MOCK(mock_shared), .file = true, .shared = true, .on_disk = true};
BACKING(mock_private) = {MOCK(mock_private), .file = true, .on_disk = true};
BACKING(mock_absent_memory) = {MOCK(mock_absent_memory), .probe = mock_probe_fails};

STRESSOR(mock_calm) = {MOCK(mock_calm)};
STRESSOR(mock_sync) = {MOCK(mock_sync), .needs = NEED_DISK_FILE};
STRESSOR(mock_punch) = {MOCK(mock_punch), .needs = NEED_FILE};
STRESSOR(mock_remap) = {MOCK(mock_remap), .needs = NEED_MAPPED_FILE};
STRESSOR(mock_limits) = {MOCK(mock_limits), .needs = NEED_PAGE_CACHE};
STRESSOR(mock_freeze) = {MOCK(mock_freeze), .needs = NEED_BLOCK_DEVICE};
STRESSOR(mock_writer) = {MOCK(mock_writer), .needs = NEED_FILE, .owns_blocks = true};
STRESSOR(mock_source) = {MOCK(mock_source), .needs = NEED_WAY_OUT};
STRESSOR(mock_absent) = {MOCK(mock_absent), .probe = mock_probe_fails};
STRESSOR(mock_superuser) = {MOCK(mock_superuser), .needs = NEED_ROOT};

FILESYSTEM(mock_ext) = {MOCK(mock_ext), .block_device = true, .direct_align = 512};
FILESYSTEM(mock_bt) = {MOCK(mock_bt), .block_device = true, .direct_align = 4096};
FILESYSTEM(mock_tmp) = {MOCK(mock_tmp)};
FILESYSTEM(mock_absent_fs) = {MOCK(mock_absent_fs), .block_device = true, .direct_align = 512,
			      .probe = mock_probe_fails};

/* The two tables that lib/ knows by name, where the suite's own are not linked in. */
static void mock_tables(void)
{
	static const struct filesystem none = {.name = "none", .summary = "stand in for none"};
	static const struct stressor quiet = {.name = "quiet", .summary = "stand in for quiet"};
	static struct table_node none_node = {&none, "none", NULL};
	static struct table_node quiet_node = {&quiet, "quiet", NULL};

	if (!filesystem_find("none"))
		table_register(TABLE_FILESYSTEM, &none_node);
	if (!stressor_find("quiet"))
		table_register(TABLE_STRESSOR, &quiet_node);
}

#endif
