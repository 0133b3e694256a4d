// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel log: which lines are bad, by real lines of many kernels, and the reading of records.
 * A socket that keeps message boundaries stands for /dev/kmsg, which only root may read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/evidence.h"

static const char *const bad[] = {
	"WARNING: CPU: 1 PID: 75398 at mm/page_alloc.c:3843 rmqueue+0x96/0x1260",
	"WARNING: CPU: 0 PID: 12 at fs/ext4/inode.c:3617 ext4_set_page_dirty+0x3e/0x50 [ext4]",
	"WARNING: fs/iomap/buffered-io.c:1012 at iomap_write_end+0x1f/0x30, CPU#1: fio/4711",
	"WARNING: at mem_cgroup_css_free+0x1f/0x30, CPU#0: kworker/0:1/12",
	"WARNING: possible circular locking dependency detected",
	"WARNING: possible recursive locking detected",
	"WARNING: possible irq lock inversion dependency detected",
	"WARNING: inconsistent lock state",
	"WARNING: bad unlock balance detected!",
	"WARNING: suspicious RCU usage",
	"WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected",
	"WARNING: dirtypin/812 still has locks held!",
	"INFO: trying to register non-static key.",
	"BUG: kernel NULL pointer dereference, address: 0000000000000018",
	"BUG: unable to handle page fault for address: ffffea0004000034",
	"BUG: Bad page state in process dirtypin  pfn:10a2c4",
	"BUG: sleeping function called from invalid context at mm/gup.c:1139",
	"BUG: scheduling while atomic: dirtypin/812/0x00000002",
	"BUG: KASAN: use-after-free in rxe_mr_copy+0x1ac/0x2a0 [rdma_rxe]",
	"BUG: KASAN: slab-out-of-bounds in iov_iter_revert+0x88/0x1f0",
	"BUG: KCSAN: data-race in folio_clear_dirty_for_io / folio_mark_dirty",
	"BUG: KFENCE: use-after-free read in bio_release_pages+0x3c/0xa0",
	"[ BUG: Invalid wait context ]",
	"UBSAN: shift-out-of-bounds in fs/btrfs/extent_map.c:112:14",
	"KASAN: null-ptr-deref in range [0x0000000000000018-0x000000000000001f]",
	"watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [dirtypin:812]",
	"watchdog: Watchdog detected hard LOCKUP on cpu 0",
	"BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 34s!",
	"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
	"rcu: INFO: rcu_sched self-detected stall on CPU",
	"INFO: rcu_tasks detected stalls on tasks:",
	"rcu: rcu_preempt kthread starved for 5252 jiffies! g3413 f0x2 RCU_GP_WAIT_FQS(5)",
	"INFO: task dirtypin:812 blocked for more than 120 seconds.",
	"kernel BUG at fs/btrfs/ordered-data.c:983!",
	"Oops: 0002 [#1] PREEMPT SMP NOPTI",
	"Oops: general protection fault, probably for non-canonical address 0xdead000000000122",
	"general protection fault: 0000 [#1] SMP PTI",
	"general protection fault, probably for non-canonical address 0xdead000000000100: 0000 "
	"[#1]",
	"divide error: 0000 [#1] SMP NOPTI",
	"Unable to handle kernel paging request at virtual address ffff7fbfffd00000",
	"Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008",
	"Internal error: Oops: 0000000096000004 [#1] SMP",
	"Kernel panic - not syncing: Fatal exception",
	"refcount_t: underflow; use-after-free.",
	"list_del corruption. prev->next should be ffff8881, but was dead000000000100",
	"get_swap_device: Bad swap file entry 3ffffffffffff",
	"blk_update_request: I/O error, dev loop3, sector 2048 op 0x1:(WRITE) flags 0x800",
	"I/O error, dev vda, sector 8192 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
	"Buffer I/O error on dev dm-0, logical block 16, lost async page write",
	"critical medium error, dev sdb, sector 4656 op 0x0:(READ) flags 0x80700 phys_seg 1",
	"protection error, dev sdb, sector 40 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
	"sdb: guard tag error at sector 48 (rcvd 3a1c, want 77f0)",
	"device-mapper: integrity: dm-1: Checksum failed at sector 0x1a8",
	"loop: Write error at byte offset 1052672, length 4096.",
	"Page cache invalidation failure on direct I/O.  Possible data corruption due to collision "
	"with buffered I/O!",
	"BTRFS warning (device loop2): csum failed root 5 ino 257 off 131072 csum 0x8941f998 "
	"expected csum 0x6c8e5d9b mirror 1",
	"BTRFS warning (device loop2): checksum verify failed on logical 30408704 mirror 1 wanted "
	"0x1 found 0x2 level 0",
	"BTRFS error (device loop2): bdev /dev/loop2 errs: wr 0, rd 0, flush 0, corrupt 1, gen 0",
	"BTRFS: error (device loop2: state A) in btrfs_run_delayed_refs:2158: errno=-5 IO failure",
	"BTRFS critical (device loop2): corrupt leaf: root=2 block=30408704 slot=3",
	"BTRFS: Transaction aborted (error -28)",
	"EXT4-fs error (device loop1): ext4_lookup:1785: inode #2: comm ls: iget: checksum invalid",
	"EXT4-fs warning (device loop1): ext4_end_bio:342: I/O error 10 writing to inode 12 "
	"starting block 33024)",
	"EXT4-fs (loop1): This should not happen!! Data will be lost",
	"EXT4-fs (loop1): Remounting filesystem read-only",
	"JBD2: Detected IO errors while flushing file data on loop1-8",
	"Aborting journal on device loop1-8.",
	"XFS (loop4): Corruption detected. Unmount and run xfs_repair",
	"XFS (loop4): Metadata corruption detected at xfs_inode_buf_verify+0x14d/0x160, xfs_inode",
	"XFS (loop4): Metadata CRC error detected at xfs_agf_read_verify+0xa6/0xd0, xfs_agf block "
	"1",
	"XFS (loop4): writeback error on inode 131, offset 8192, sector 1234",
	"XFS (loop4): log I/O error -5",
	"XFS (loop4): Filesystem has been shut down due to log error (0x2).",
	"XFS: Assertion failed: 0, file: fs/xfs/xfs_icache.c, line: 1841",
	"F2FS-fs (loop5): inconsistent node block, nid:4, node_footer[nid:0,ino:0,ofs:0]",
};

static const char *const good[] = {
	"",
	"Linux version 6.12.117+deb13-amd64 (debian-kernel@lists.debian.org)",
	"Command line: BOOT_IMAGE=/boot/vmlinuz root=/dev/vda ro quiet panic=-1 oops=panic",
	"EXT4-fs (loop1): mounted filesystem 4c1c8e2c-7d3a-4a43-9c57-8a1e r/w with ordered data "
	"mode. Quota mode: none.",
	"EXT4-fs (loop1): recovery complete",
	"EXT4-fs (loop1): re-mounted 4c1c8e2c-7d3a-4a43-9c57-8a1e ro.",
	"EXT4-fs (loop1): warning: mounting fs with errors, running e2fsck is recommended",
	"XFS (loop4): Ending clean mount",
	"XFS (loop4): Unmounting Filesystem 5f0f3d0e-1d83-4c26",
	"XFS (loop4): EXPERIMENTAL online scrub feature in use. Use at your own risk!",
	"XFS (loop4): Starting recovery (logdev: internal)",
	"BTRFS: device fsid 8e3b devid 1 transid 6 /dev/loop2 (7:2) scanned by mount (1042)",
	"BTRFS info (device loop2): using crc32c (crc32c-intel) checksum algorithm",
	"BTRFS info (device loop2): bdev /dev/loop2 errs: wr 0, rd 0, flush 0, corrupt 9, gen 0",
	"BTRFS warning (device loop2): excessive commit interval 3600",
	"loop3: detected capacity change from 0 to 819200",
	"Adding 262140k swap on /dev/zram0.  Priority:100 extents:1 across:262140k SSDsc",
	"dirtypin (812): drop_caches: 3",
	"operation not supported error, dev loop0, sector 2048 op 0x9:(WRITE_ZEROES) flags "
	"0x800800",
	"traps: prog[4711] general protection fault ip:55e0c1a2b139 sp:7ffd1c2a3b40 error:0 in "
	"prog",
	"traps: prog[4711] trap divide error ip:401126 sp:7ffe2b1d error:0 in prog[401000+1000]",
	"prog[4711]: segfault at 0 ip 000055d5 sp 00007ffc error 4 in prog[55d5+1000]",
	"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,task=dirtypin,pid=812,uid=0",
	"Memory cgroup out of memory: Killed process 812 (dirtypin) total-vm:1843204kB",
	"Out of memory: Killed process 4711 (stress-ng-vm) total-vm:271048kB",
	"kworker/u8:1: page allocation failure: order:0, mode:0x40a20(GFP_ATOMIC|__GFP_COMP)",
	"kasan: KernelAddressSanitizer initialized",
	"kfence: initialized - using 2097152 bytes for 255 objects",
	"kcsan: enabled early",
	"Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar",
	"BUG: MAX_LOCKDEP_CHAIN_HLOCKS too low!",
	"BUG: MAX_STACK_TRACE_ENTRIES too low!",
	"turning off the locking correctness validator.",
	"random: crng init done",
	"systemd[1]: DEBUG: unit entered failed state",
	"[Firmware Bug]: TSC_DEADLINE disabled due to Errata; please update microcode",
	"rxe0: rxe_newlink: already configured on eth0",
};

static void bad_lines_are_bad(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!kmsg_is_bad(bad[i]))
			fail_msg("not found bad: %s", bad[i]);
	}
}

static void good_lines_are_good(void **state)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (kmsg_is_bad(good[i]))
			fail_msg("found bad: %s", good[i]);
	}
}

struct log {
	struct kmsg kmsg;
	struct kmsg_lines lines;
	int writer;
};

static int open_log(void **state)
{
	static struct log log;
	int pair[2];

	log = (struct log){0};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair))
		return -1;
	log.kmsg = (struct kmsg){.fd = pair[0], .copy_fd = memfd_create("kmsg.log", MFD_CLOEXEC)};
	log.writer = pair[1];
	*state = &log;
	return log.kmsg.copy_fd < 0;
}

static int close_log(void **state)
{
	struct log *log = *state;

	close(log->writer);
	close(log->kmsg.copy_fd);
	kmsg_close(&log->kmsg);
	return log->kmsg.fd != -1;
}

static void say(const struct log *log, const char *record)
{
	assert_int_equal(write(log->writer, record, strlen(record)), strlen(record));
}

static void records_are_taken_apart(void **state)
{
	struct log *log = *state;
	char copy[512] = "";

	say(log, "4,100,5000,-;WARNING: CPU: 0 PID: 1 at mm/gup.c:1 f+0x1/0x2\n");
	say(log, "6,101,5001,-;loop3: detected capacity change\n SUBSYSTEM=block\n DEVICE=+b7:3\n");
	say(log, "6,102,5002,-;fine\n PROPERTY=BUG: is not text\n");
	say(log, "12,103,5003,-;BUG: Bad page state, says user space\n");
	say(log, "12,104,5004,-;a warning of user space\n");
	kmsg_poll(&log->kmsg, NULL, &log->lines);
	assert_int_equal(log->lines.count, 2);
	assert_string_equal(log->lines.line[0], "WARNING: CPU: 0 PID: 1 at mm/gup.c:1 f+0x1/0x2");
	assert_string_equal(log->lines.line[1], "BUG: Bad page state, says user space");
	assert_false(log->kmsg.lost);
	assert_int_equal(log->kmsg.next_sequence, 105);
	assert_true(pread(log->kmsg.copy_fd, copy, sizeof(copy) - 1, 0) > 0);
	assert_non_null(strstr(copy, "4,100,5000,-;WARNING: CPU: 0"));
	assert_non_null(strstr(copy, " DEVICE=+b7:3\n"));
	assert_non_null(strstr(copy, "12,104,5004,-;a warning of user space\n"));
}

static void a_gap_means_lost_records(void **state)
{
	struct log *log = *state;

	say(log, "6,7,1,-;one\n");
	say(log, "6,8,2,-;two\n");
	kmsg_poll(&log->kmsg, NULL, &log->lines);
	assert_false(log->kmsg.lost);
	say(log, "6,10,3,-;four\n");
	kmsg_poll(&log->kmsg, NULL, &log->lines);
	assert_true(log->kmsg.lost);
	assert_int_equal(log->lines.count, 0);
}

static void expected_lines_are_ignored(void **state)
{
	static const char *const ignored[] = {"Page cache invalidation failure", "dev loop9", NULL};
	struct log *log = *state;

	say(log, "3,1,1,-;Page cache invalidation failure on direct I/O.  Possible\n");
	say(log, "3,2,1,-;I/O error, dev loop9, sector 0 op 0x0:(READ)\n");
	say(log, "3,3,1,-;I/O error, dev loop3, sector 0 op 0x0:(READ)\n");
	kmsg_poll(&log->kmsg, ignored, &log->lines);
	assert_int_equal(log->lines.count, 1);
	assert_non_null(strstr(log->lines.line[0], "loop3"));
}

static void all_are_counted_and_the_first_kept(void **state)
{
	struct log *log = *state;
	char record[2048], filler[1024];

	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	for (unsigned i = 0; i < KMSG_LINES + 5; i++) {
		snprintf(record, sizeof(record), "4,%u,1,-;BUG: number %u %s\n", i + 1, i, filler);
		say(log, record);
		kmsg_poll(&log->kmsg, NULL, &log->lines);
	}
	assert_int_equal(log->lines.count, KMSG_LINES + 5);
	assert_int_equal(strncmp(log->lines.line[15], "BUG: number 15 x", 16), 0);
	assert_int_equal(strlen(log->lines.line[15]), KMSG_LINE_BYTES - 1);
}

static void the_real_one_opens_or_says_why(void **state)
{
	struct kmsg_lines lines = {0};
	struct kmsg kmsg;

	kmsg_open(&kmsg, -1);
	if (kmsg.fd < 0) {
		assert_non_null(strstr(kmsg.why, "/dev/kmsg"));
		kmsg_poll(&kmsg, NULL, &lines);
		assert_int_equal(lines.count, 0);
		return;
	}
	kmsg_poll(&kmsg, NULL, &lines);
	assert_int_equal(kmsg.why[0], '\0');
	kmsg_close(&kmsg);
	assert_int_equal(kmsg.fd, -1);
}

#define with_log(test) cmocka_unit_test_setup_teardown(test, open_log, close_log)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_lines_are_bad),
		cmocka_unit_test(good_lines_are_good),
		with_log(records_are_taken_apart),
		with_log(a_gap_means_lost_records),
		with_log(expected_lines_are_ignored),
		with_log(all_are_counted_and_the_first_kept),
		cmocka_unit_test(the_real_one_opens_or_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
