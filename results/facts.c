// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Facts of the machine: what one needs to know to believe a verdict from it, to compare its numbers
 * with those of another, and to set up one like it.
 */
#include "results/facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "lib/machine.h"
#include "results/json.h"

enum { FACT_BYTES = 4096 };

json_t *facts_text(const char *path)
{
	char text[FACT_BYTES];

	return read_text(path, text, sizeof(text)) ? NULL : json_text(text, sizeof(text));
}

json_t *facts_setting(const char *path)
{
	char text[FACT_BYTES], *end, *open, *close;
	long long number;

	if (read_text(path, text, sizeof(text)))
		return NULL;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (end != text && *end == '\0' && !errno)
		return json_integer(number);
	open = strchr(text, '[');
	close = open ? strchr(open, ']') : NULL;
	if (close) {
		*close = '\0';
		return json_text(open + 1, sizeof(text));
	}
	return json_text(text, sizeof(text));
}

/* The value of the first line of /proc/cpuinfo or /proc/meminfo that begins with key. */
static int proc_value(const char *path, const char *key, char *value, size_t bytes)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0, length = strlen(key);
	int found = -1;

	while (file && found && getline(&line, &size, file) > 0) {
		char *colon;

		if (strncmp(line, key, length))
			continue;
		colon = line + length + strspn(line + length, " \t");
		if (*colon != ':')
			continue;
		colon += 1 + strspn(colon + 1, " \t");
		colon[strcspn(colon, "\n")] = '\0';
		snprintf(value, bytes, "%s", colon);
		found = 0;
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

static json_t *cpus(const char *architecture)
{
	/* x86 and s390; POWER; RISC-V; MIPS. ARM has only numbers. */
	static const char *const keys[] = {"model name", "cpu", "uarch", "cpu model", "CPU part"};
	char model[256];
	json_t *object = json_object();
	unsigned i = 0;

	snprintf(model, sizeof(model), "%s", architecture);
	while (i < sizeof(keys) / sizeof(keys[0]) &&
	       proc_value("/proc/cpuinfo", keys[i], model, sizeof(model)))
		i++;
	json_object_set_new(object, "count", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	json_object_set_new(object, "model", json_text(model, sizeof(model)));
	return object;
}

#if defined(__x86_64__) || defined(__i386__)
/* CPUID.1:ECX[31], the "hypervisor" flag of /proc/cpuinfo, says that there is a hypervisor, and
 * leaf 0x40000000 is its signature: QEMU's own emulation has one of its own. */
static const char *virtualisation(void)
{
	static const struct {
		const char *signature, *word;
	} known[] = {{"TCGTCGTCGTCG", "tcg"},    {"KVMKVMKVM", "kvm"},
		     {"Microsoft Hv", "hyperv"}, {"VMwareVMware", "vmware"},
		     {"XenVMMXenVMM", "xen"},    {"bhyve bhyve ", "bhyve"}};
	unsigned a, b, c, d;
	char signature[13] = "";

	if (!__get_cpuid(1, &a, &b, &c, &d))
		return "unknown";
	if (!(c & 1u << 31))
		return "bare";
	__cpuid(0x40000000, a, b, c, d);
	memcpy(signature, &b, 4);
	memcpy(signature + 4, &c, 4);
	memcpy(signature + 8, &d, 4);
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(signature, known[i].signature) == 0)
			return known[i].word;
	}
	return "unknown";
}
#else
/* Elsewhere only the firmware tells; a guest's firmware does not say whether it is emulated. */
static const char *virtualisation(void)
{
	static const char *const guests[] = {"QEMU", "KVM",        "VMware",
					     "Xen",  "Amazon EC2", "Google"};
	char vendor[256];

	if (read_text("/sys/class/dmi/id/sys_vendor", vendor, sizeof(vendor)))
		return "unknown";
	for (unsigned i = 0; i < sizeof(guests) / sizeof(guests[0]); i++) {
		if (strstr(vendor, guests[i]))
			return "unknown";
	}
	return "bare";
}
#endif

/* What decides when and how hard dirty pages are cleaned, and what may be pinned. */
static json_t *sysctls(void)
{
	static const char *const keys[] = {
		"vm.dirty_background_bytes",
		"vm.dirty_background_ratio",
		"vm.dirty_bytes",
		"vm.dirty_ratio",
		"vm.dirty_expire_centisecs",
		"vm.dirty_writeback_centisecs",
		"vm.dirtytime_expire_seconds",
		"vm.swappiness",
		"vm.vfs_cache_pressure",
		"vm.overcommit_memory",
		"vm.nr_hugepages",
		"vm.nr_overcommit_hugepages",
		"vm.min_free_kbytes",
		"vm.laptop_mode",
		"vm.unprivileged_userfaultfd",
		"vm.compact_unevictable_allowed",
		"kernel.io_uring_disabled",
		"kernel.yama.ptrace_scope",
		"kernel.numa_balancing",
		"kernel.panic_on_oops",
		"kernel.panic_on_warn",
		"kernel.hung_task_timeout_secs",
		"kernel.dmesg_restrict",
		"fs.aio-max-nr",
		"fs.pipe-max-size",
		"fs.pipe-user-pages-soft",
		"net.core.optmem_max",
	};
	json_t *object = json_object();

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char path[128];

		snprintf(path, sizeof(path), "/proc/sys/%s", keys[i]);
		for (char *dot = path + strlen("/proc/sys/"); *dot; dot++)
			*dot = *dot == '.' ? '/' : *dot;
		json_object_set_new(object, keys[i], facts_setting(path));
	}
	return object;
}

static json_t *huge_pages(void)
{
	static const char *const keys[] = {"enabled", "defrag", "shmem_enabled", "use_zero_page"};
	json_t *object = json_object();

	for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char path[128];

		snprintf(path, sizeof(path), "/sys/kernel/mm/transparent_hugepage/%s", keys[i]);
		json_object_set_new(object, keys[i], facts_setting(path));
	}
	return object;
}

void facts_machine(json_t *run)
{
	struct utsname uts = {.machine = "unknown"};
	struct rlimit lock;
	char memory[64];

	uname(&uts);
	json_object_set_new(run, "host", json_text(uts.nodename, sizeof(uts.nodename)));
	json_object_set_new(run, "architecture", json_text(uts.machine, sizeof(uts.machine)));
	json_object_set_new(run, "page_bytes", json_integer(sysconf(_SC_PAGESIZE)));
	json_object_set_new(run, "cpus", cpus(uts.machine));
	if (proc_value("/proc/meminfo", "MemTotal", memory, sizeof(memory)) == 0)
		json_object_set_new(run, "memory_bytes",
				    json_count(strtoull(memory, NULL, 10) * 1024));
	json_object_set_new(run, "virtualisation", json_string(virtualisation()));
	json_object_set_new(run, "vendor", facts_text("/sys/class/dmi/id/sys_vendor"));
	json_object_set_new(run, "product", facts_text("/sys/class/dmi/id/product_name"));
	json_object_set_new(run, "root", json_boolean(geteuid() == 0));
	if (getrlimit(RLIMIT_MEMLOCK, &lock) == 0 && lock.rlim_cur != RLIM_INFINITY)
		json_object_set_new(run, "memlock_bytes", json_count(lock.rlim_cur));
	json_object_set_new(run, "sysctls", sysctls());
	json_object_set_new(run, "transparent_hugepage", huge_pages());
	json_object_set_new(run, "psi", json_boolean(access("/proc/pressure/io", R_OK) == 0));
}
