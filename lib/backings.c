// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The memory that is pinned. All of it is faulted in before the case begins: a pin of a present
 * page takes the lockless path, and no case should measure a first fault. A file's pages are only
 * read, since a write would dirty them before anybody asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/machine.h"
#include "lib/run.h"
#include "lib/tables.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define THP_DIRECTORY "/sys/kernel/mm/transparent_hugepage"

static void touch(uint8_t *memory, size_t bytes, bool write)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t at = 0; at < bytes; at += page_bytes) {
		_Atomic uint8_t *byte = (_Atomic uint8_t *)(memory + at);
		uint8_t value = atomic_load_explicit(byte, memory_order_relaxed);

		if (write)
			atomic_store_explicit(byte, value, memory_order_relaxed);
	}
}

static void *map_or_end(struct run *run, size_t bytes, int flags, int fd)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (memory == MAP_FAILED)
		run_broken(run, "mmap(%zu KiB of %s): %s", bytes >> 10, run->spec->backing->name,
			   strerror(errno));
	run->mapped_bytes = bytes;
	return memory;
}

/* --- anon --- */

static void map_anon(struct run *run)
{
	run->memory_fd = -1;
	run->memory = map_or_end(run, run->region_bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	/* anon_thp is the one with huge pages. EINVAL: the kernel has none. */
	if (madvise(run->memory, run->region_bytes, MADV_NOHUGEPAGE) < 0 && errno != EINVAL)
		run_broken(run, "madvise(MADV_NOHUGEPAGE): %s", strerror(errno));
	touch(run->memory, run->region_bytes, true);
}

BACKING(anon) = {
	.name = "anon",
	.summary = "anonymous memory in base pages",
	.map = map_anon,
};

/* --- anon_thp --- */

static const char *probe_thp(void)
{
	char text[128];

	if (read_text(THP_DIRECTORY "/enabled", text, sizeof(text)) < 0)
		return "the kernel has no transparent huge pages (" THP_DIRECTORY ")";
	if (strstr(text, "[never]"))
		return "transparent huge pages are off (try: echo madvise > " THP_DIRECTORY
		       "/enabled)";
	return NULL;
}

/* How many kB of the mapping around memory are huge, from /proc/self/smaps; -1 if it cannot be
 * read. */
static long huge_kb(const uint8_t *memory)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	char line[512];
	bool inside = false;
	long kb, found = -1;

	while (file && found < 0 && fgets(line, sizeof(line), file)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = (unsigned long)memory >= start && (unsigned long)memory < end;
		else if (inside && sscanf(line, "AnonHugePages: %ld kB", &kb) == 1)
			found = kb;
	}
	if (file)
		fclose(file);
	return found;
}

static void map_anon_thp(struct run *run)
{
	char text[32];
	size_t huge_bytes, bytes;
	uint8_t *memory, *end;

	run->memory_fd = -1;
	if (read_text(THP_DIRECTORY "/hpage_pmd_size", text, sizeof(text)) < 0)
		run_skip(run, "reading %s/hpage_pmd_size: %s", THP_DIRECTORY, strerror(errno));
	huge_bytes = strtoul(text, NULL, 10);
	bytes = (run->region_bytes + huge_bytes - 1) / huge_bytes * huge_bytes;
	memory = map_or_end(run, bytes + huge_bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	end = memory + bytes + huge_bytes;
	run->memory = (uint8_t *)(((uintptr_t)memory + huge_bytes - 1) / huge_bytes * huge_bytes);
	if (run->memory > memory)
		munmap(memory, (size_t)(run->memory - memory));
	if (end > run->memory + bytes)
		munmap(run->memory + bytes, (size_t)(end - run->memory) - bytes);
	run->mapped_bytes = bytes;
	if (madvise(run->memory, bytes, MADV_HUGEPAGE) < 0)
		run_broken(run, "madvise(MADV_HUGEPAGE): %s", strerror(errno));
	touch(run->memory, bytes, true);
	if (huge_kb(run->memory) > 0)
		return;
	/* The fault found no huge page at once; since 6.1 one can insist. */
	madvise(run->memory, bytes, MADV_COLLAPSE);
	if (huge_kb(run->memory) <= 0)
		run_skip(run,
			 "the kernel gave no transparent huge page (AnonHugePages: 0 kB): memory "
			 "is short or fragmented (try: echo 1 > /proc/sys/vm/compact_memory)");
}

BACKING(anon_thp) = {
	.name = "anon_thp",
	.summary = "anonymous memory in transparent huge pages",
	.probe = probe_thp,
	.map = map_anon_thp,
};

/* --- hugetlb --- */

/* A field of /proc/meminfo, or -1. */
static long meminfo(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "re");
	size_t length = strlen(name);
	char line[128];
	long value = -1;

	while (file && value < 0 && fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			value = atol(line + length + 1);
	}
	if (file)
		fclose(file);
	return value;
}

static size_t huge_page_bytes(void)
{
	long kb = meminfo("Hugepagesize");

	return kb > 0 ? (size_t)kb << 10 : 0;
}

static long free_huge_pages(void)
{
	return meminfo("HugePages_Free") - meminfo("HugePages_Rsvd");
}

static const char *probe_hugetlb(void)
{
	if (huge_page_bytes() == 0)
		return "the kernel has no hugetlb pages (CONFIG_HUGETLBFS)";
	if (geteuid() != 0 && free_huge_pages() <= 0)
		return "no hugetlb page is free and only root can reserve some (try: as root, "
		       "sysctl vm.nr_hugepages=16)";
	return NULL;
}

static size_t huge_pages_for(size_t bytes)
{
	size_t page_bytes = huge_page_bytes();

	return page_bytes ? (bytes + page_bytes - 1) / page_bytes : 0;
}

static int prepare_hugetlb(struct machine *machine, size_t bytes)
{
	size_t pages = huge_pages_for(bytes);

	/* Without root those that are free have to do; the mapping finds out. */
	if (!machine || geteuid() != 0)
		return 0;
	/* As many again for children: fork copies pages that are pinned at once, and fails with
	 * ENOMEM if the pool has none; a CPU store after a fork takes a second one, too. */
	return machine_huge_pages(machine, 2 * (unsigned)pages + 1);
}

static void map_hugetlb(struct run *run)
{
	size_t bytes = huge_pages_for(run->region_bytes) * huge_page_bytes();
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);

	run->memory_fd = -1;
	if (memory == MAP_FAILED && errno == ENOMEM)
		run_skip(run,
			 "%zu hugetlb pages are needed and %ld are free (try: sysctl "
			 "vm.nr_hugepages=%zu)",
			 huge_pages_for(run->region_bytes), free_huge_pages(),
			 huge_pages_for(run->region_bytes));
	if (memory == MAP_FAILED)
		run_broken(run, "mmap(%zu KiB, MAP_HUGETLB): %s", bytes >> 10, strerror(errno));
	run->memory = memory;
	run->mapped_bytes = bytes;
	touch(run->memory, bytes, true);
}

BACKING(hugetlb) = {
	.name = "hugetlb",
	.summary = "private memory of hugetlb pages of the default size",
	.probe = probe_hugetlb,
	.forks_along = true,
	.prepare = prepare_hugetlb,
	.map = map_hugetlb,
};

/* --- memfd --- */

static void map_memfd(struct run *run)
{
	run->memory_fd = memfd_create("dirtypin", MFD_CLOEXEC);
	if (run->memory_fd < 0)
		run_broken(run, "memfd_create: %s", strerror(errno));
	if (ftruncate(run->memory_fd, (off_t)run->region_bytes) < 0)
		run_broken(run, "ftruncate(memfd, %zu KiB): %s", run->region_bytes >> 10,
			   strerror(errno));
	snprintf(run->memory_path, sizeof(run->memory_path), "/proc/self/fd/%d", run->memory_fd);
	run->memory = map_or_end(run, run->region_bytes, MAP_SHARED, run->memory_fd);
	touch(run->memory, run->region_bytes, true);
}

BACKING(memfd) = {
	.name = "memfd",
	.summary = "a shared mapping of a memfd: a file that is memory",
	.file = true,
	.shared = true,
	.map = map_memfd,
};

/* --- files on the case's file system --- */

static void map_file(struct run *run, int flags, bool write)
{
	struct stat stat;

	run->memory_fd = run_open(run, run->memory_path, O_RDWR | O_CREAT);
	/* Behind the end of the file there is nothing but SIGBUS. */
	if (fstat(run->memory_fd, &stat) < 0 || stat.st_size < (off_t)run->region_bytes)
		run_broken(run, "%s has not the %zu KiB that are to be mapped", run->memory_path,
			   run->region_bytes >> 10);
	run->memory = map_or_end(run, run->region_bytes, flags, run->memory_fd);
	touch(run->memory, run->region_bytes, write);
}

static void map_file_shared(struct run *run)
{
	map_file(run, MAP_SHARED, false);
}

BACKING(file_shared) = {
	.name = "file_shared",
	.summary = "a shared mapping of a file: what writeback wants to clean",
	.file = true,
	.on_disk = true,
	.shared = true,
	.map = map_file_shared,
};

/* The write makes each page a private copy, as it would be after the first use. */
static void map_file_private(struct run *run)
{
	map_file(run, MAP_PRIVATE, true);
}

BACKING(file_private) = {
	.name = "file_private",
	.summary = "a private mapping of a file, copied on the first write",
	.file = true,
	.on_disk = true,
	.map = map_file_private,
};
