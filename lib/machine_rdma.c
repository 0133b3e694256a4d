// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Soft-RoCE: an RDMA device in software on top of a network device of our own, so that a machine
 * without RDMA hardware can ask what a memory region does to file memory. Nothing leaves the
 * machine: the network device has no other end, and packets from a device to itself never reach it.
 */
#include "lib/machine_private.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INFINIBAND "/sys/class/infiniband"

/* The port takes the largest path MTU, 4096 bytes, only from a network device with room for its
 * headers, too. */
#define NETDEV_MTU "9000"

enum { NETDEV_BYTES = 16, DEVICE_NUMBERS = 64, GIDS = 16 };

/* --- the devices that there are --- */

static void device_file(const char *name, const char *file, char *path, size_t bytes)
{
	snprintf(path, bytes, INFINIBAND "/%.64s/%s", name, file);
}

static bool exists(const char *name)
{
	char path[128];

	device_file(name, "", path, sizeof(path));
	return access(path, F_OK) == 0;
}

/* A reliable connection to itself needs InfiniBand or RoCE (a channel adapter); the iWARP ones
 * cannot make it without a connection manager. */
static bool is_channel_adapter(const char *name)
{
	char path[128], text[64];

	device_file(name, "node_type", path, sizeof(path));
	return read_text(path, text, sizeof(text)) == 0 && strncmp(text, "1:", 2) == 0;
}

static bool has_active_port(const char *name)
{
	for (unsigned port = 1; port < 5; port++) {
		char path[128], file[32], text[64];

		snprintf(file, sizeof(file), "ports/%u/state", port);
		device_file(name, file, path, sizeof(path));
		if (read_text(path, text, sizeof(text)) == 0 && strstr(text, "ACTIVE"))
			return true;
	}
	return false;
}

static int is_usable(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strlen(entry->d_name) < RDMA_NAME_BYTES &&
	       is_channel_adapter(entry->d_name) && has_active_port(entry->d_name);
}

unsigned rdma_devices(char names[RDMA_DEVICES][RDMA_NAME_BYTES])
{
	struct dirent **list;
	int found = scandir(INFINIBAND, &list, is_usable, alphasort);
	unsigned count = 0;

	for (int i = 0; i < found; i++) {
		if (count < RDMA_DEVICES)
			snprintf(names[count++], RDMA_NAME_BYTES, "%.63s", list[i]->d_name);
		free(list[i]);
	}
	if (found >= 0)
		free(list);
	return count;
}

bool rdma_can_make(void)
{
	char why[128];

	return geteuid() == 0 &&
	       (access("/sys/module/rdma_rxe", F_OK) == 0 ||
		run_program((const char *const[]){"modprobe", "-n", "rdma_rxe", NULL}, why,
			    sizeof(why)) == 0);
}

/* --- a device of our own --- */

static int load(struct machine *machine, const char *module)
{
	char path[64], why[256];

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	if (access(path, F_OK) == 0)
		return 0;
	if (run_program((const char *const[]){"modprobe", module, NULL}, why, sizeof(why)) == 0)
		return 0;
	return machine_fail(machine, "modprobe %s: %s", module, why);
}

/* Like one that mount(2) loads, the modules stay. */
static int load_modules(struct machine *machine)
{
	char why[128];

	if (load(machine, "rdma_rxe") < 0 || load(machine, "ib_uverbs") < 0)
		return -1;
	/* Up to 6.12 rxe asks the crypto layer for a crc32, and fails where nobody answers. Newer
	 * kernels need no such module, and may not have it. */
	run_program((const char *const[]){"modprobe", "-q", "crc32_generic", NULL}, why,
		    sizeof(why));
	return 0;
}

/* ip(8) with up to eight words. */
static int ip(struct machine *machine, const char *const *words)
{
	const char *arguments[10] = {"ip"};
	char why[256];

	for (unsigned i = 0; i < 8 && words[i]; i++)
		arguments[i + 1] = words[i];
	if (run_program(arguments, why, sizeof(why)) == 0)
		return 0;
	return machine_fail(machine, "ip %s %s %s: %s", words[0], words[1], words[2], why);
}

#define IP(machine, ...) ip(machine, (const char *const[9]){__VA_ARGS__})

static int add_link(struct machine *machine, const char *netdev)
{
	char peer[NETDEV_BYTES];

	snprintf(peer, sizeof(peer), "%.14sp", netdev);
	if (IP(machine, "link", "add", netdev, "type", "veth", "peer", peer) == 0)
		return IP(machine, "link", "set", peer, "mtu", NETDEV_MTU, "up");
	/* Second, since rxe asks for the speed of the link all the time, and warns that a dummy has
	 * none; and since the module makes a device by itself unless it is told not to. */
	if (access("/sys/module/dummy", F_OK) < 0) {
		char why[128];

		run_program((const char *const[]){"modprobe", "-q", "dummy", "numdummies=0", NULL},
			    why, sizeof(why));
	}
	return IP(machine, "link", "add", netdev, "type", "dummy");
}

/* A pair of veth, which needs both ends up for a carrier; without that module a dummy. */
static int add_netdev(struct machine *machine, const char *netdev, const char *address)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%s", netdev);
	if (access(path, F_OK) == 0)
		return machine_fail(machine, "the network device %s exists already and is not ours",
				    netdev);
	if (change_begin(machine, CHANGE(CHANGE_NETDEV, netdev)) < 0)
		return -1;
	if (add_link(machine, netdev) < 0) {
		if (access(path, F_OK) < 0)
			change_cancel(machine);
		return -1;
	}
	if (IP(machine, "address", "add", address, "dev", netdev) < 0)
		return -1;
	return IP(machine, "link", "set", netdev, "mtu", NETDEV_MTU, "up");
}

/* The kernel fills the table of addresses (GIDs) from a work queue. */
static bool has_gid(const char *name)
{
	for (unsigned i = 0; i < GIDS; i++) {
		char path[128], file[32], text[64];

		snprintf(file, sizeof(file), "ports/1/gids/%u", i);
		device_file(name, file, path, sizeof(path));
		if (read_text(path, text, sizeof(text)) == 0 &&
		    strncmp(text, "0000:0000:0000:0000:0000:ffff:", 30) == 0)
			return true;
	}
	return false;
}

static int wait_ready(struct machine *machine, const char *name)
{
	struct patience patience = patience_of(BUSY_LIMIT_MS);

	while (!has_active_port(name) || !has_gid(name)) {
		if (!patience_left(&patience))
			return machine_fail(machine, "%s has no %s after %d s", name,
					    has_active_port(name) ? "GID of its IPv4 address"
								  : "active port",
					    BUSY_LIMIT_MS / 1000);
	}
	return 0;
}

int machine_rxe(struct machine *machine, const char *name)
{
	char netdev[NETDEV_BYTES], address[32], why[256];
	int number = atoi(name + strcspn(name, "0123456789"));

	/* 192.0.2.0/24 is for documentation (RFC 5737): nobody's network. */
	snprintf(netdev, sizeof(netdev), "dp_%.11s", name);
	snprintf(address, sizeof(address), "192.0.2.%d/32", number % 254 + 1);
	if (exists(name))
		return machine_fail(machine, "the RDMA device %s exists already and is not ours",
				    name);
	if (load_modules(machine) < 0 || add_netdev(machine, netdev, address) < 0 ||
	    change_begin(machine, CHANGE(CHANGE_RXE, name)) < 0)
		return -1;
	if (run_program((const char *const[]){"rdma", "link", "add", name, "type", "rxe", "netdev",
					      netdev, NULL},
			why, sizeof(why)) == 0)
		return wait_ready(machine, name);
	machine_fail(machine, "rdma link add %s type rxe netdev %s: %s%s", name, netdev, why,
		     geteuid() ? " (try: as root)" : "");
	change_cancel(machine);
	return -1;
}

int machine_rdma(struct machine *machine, unsigned devices)
{
	char names[RDMA_DEVICES][RDMA_NAME_BYTES], name[16];
	unsigned have = rdma_devices(names);

	for (unsigned number = 0; have < devices; number++) {
		if (number == DEVICE_NUMBERS)
			return machine_fail(machine,
					    "rxe0 to rxe%u exist already, but only %u "
					    "RDMA devices have an active port",
					    number - 1, have);
		snprintf(name, sizeof(name), "rxe%u", number);
		if (exists(name))
			continue;
		if (machine_rxe(machine, name) < 0)
			return -1;
		have++;
	}
	return 0;
}

/* --- undoing --- */

int undo_rxe(struct machine *machine, const struct change *change)
{
	const char *name = change->word[0];
	char why[256];

	if (!exists(name) ||
	    run_program((const char *const[]){"rdma", "link", "delete", name, NULL}, why,
			sizeof(why)) == 0)
		return 0;
	return machine_fail(machine, "rdma link delete %s: %s", name, why);
}

int undo_netdev(struct machine *machine, const struct change *change)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%.15s", change->word[0]);
	return access(path, F_OK) < 0 ? 0 : IP(machine, "link", "delete", change->word[0]);
}
