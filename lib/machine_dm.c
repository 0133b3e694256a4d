// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices of the device mapper, each of one target over the whole of it. The name is ours to
 * choose, so the journal knows the device before it exists. The kernel refuses to remove one that
 * is open, which somebody who looks at every new device (udev) may keep it for a moment.
 */
#include "lib/machine_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DM_CONTROL "/dev/" DM_DIR "/" DM_CONTROL_NODE

enum { PARAMETER_BYTES = 512 };

/* What DM_TABLE_LOAD reads: a head, one target and its parameters as text. */
struct command {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char parameters[PARAMETER_BYTES];
};

_Static_assert(offsetof(struct command, parameters) ==
		       sizeof(struct dm_ioctl) + sizeof(struct dm_target_spec),
	       "the kernel reads the parameters right behind the target");

static int open_control(struct machine *machine)
{
	int control = open(DM_CONTROL, O_RDWR | O_CLOEXEC);
	char why[128];

	if (control < 0 && errno == ENOENT) {
		run_program((const char *const[]){"modprobe", "-q", "dm-mod", NULL}, why,
			    sizeof(why));
		control = open(DM_CONTROL, O_RDWR | O_CLOEXEC);
	}
	if (control < 0)
		machine_fail(machine, "open(%s): %s (try: modprobe dm-mod, as root)", DM_CONTROL,
			     strerror(errno));
	return control;
}

/* Every ioctl names the device and nothing else, but for what flags and the caller say. */
static struct command command_for(const char *name)
{
	struct command command = {
		.head = {.version = {DM_VERSION_MAJOR, 0, 0},
			 .data_size = sizeof(command),
			 .data_start = offsetof(struct command, target)},
	};

	snprintf(command.head.name, sizeof(command.head.name), "%s", name);
	return command;
}

static int create(struct machine *machine, int control, const char *name, unsigned *number)
{
	struct command command = command_for(name);

	if (ioctl(control, DM_DEV_CREATE, &command) < 0)
		return machine_fail(machine, "a new device-mapper device %s: %s", name,
				    errno == EBUSY ? "it exists already and is not ours"
						   : strerror(errno));
	*number = minor(command.head.dev);
	return 0;
}

static int load_table(struct machine *machine, int control, const char *name,
		      const struct dm_table *table)
{
	struct command command = command_for(name);

	if (strlen(table->parameters) >= sizeof(command.parameters))
		return machine_fail(machine, "the table of %s is over %d bytes", name,
				    PARAMETER_BYTES - 1);
	command.head.target_count = 1;
	command.target.length = table->sectors;
	snprintf(command.target.target_type, sizeof(command.target.target_type), "%s",
		 table->target);
	snprintf(command.parameters, sizeof(command.parameters), "%s", table->parameters);
	if (ioctl(control, DM_TABLE_LOAD, &command) < 0)
		return machine_fail(machine,
				    "loading the table \"%s %s\" of %s: %s; the kernel log says "
				    "more (try: dmesg)",
				    table->target, table->parameters, name, strerror(errno));
	return 0;
}

/* A suspend without the flag is a resume: it brings the table to life. */
static int resume(struct machine *machine, int control, const char *name)
{
	struct command command = command_for(name);

	if (ioctl(control, DM_DEV_SUSPEND, &command) < 0)
		return machine_fail(machine,
				    "resuming %s: %s; the kernel log says more (try: "
				    "dmesg)",
				    name, strerror(errno));
	return 0;
}

static int make(struct machine *machine, int control, const char *name,
		const struct dm_table *table, char *device)
{
	char node[32];
	unsigned number = 0;

	if (change_begin(machine, CHANGE(CHANGE_DM, name)) < 0)
		return -1;
	if (create(machine, control, name, &number) < 0) {
		change_cancel(machine);
		return -1;
	}
	/* From here on it exists, and its change stays for whoever rewinds. */
	snprintf(node, sizeof(node), "dm-%u", number);
	if (load_table(machine, control, name, table) < 0 || resume(machine, control, name) < 0)
		return -1;
	return machine_device_node(machine, node, device, 64);
}

static bool is_there(int control, const char *name)
{
	struct command command = command_for(name);

	return ioctl(control, DM_DEV_STATUS, &command) == 0;
}

int machine_dm(struct machine *machine, const char *name, const struct dm_table *table,
	       char *device)
{
	int control, result;

	if (strlen(name) >= DM_NAME_LEN)
		return machine_fail(machine, "%.64s...: the name is too long", name);
	control = open_control(machine);
	if (control < 0)
		return -1;
	/* Before the journal names it: a repair must not remove what was there first. */
	if (is_there(control, name))
		result = machine_fail(machine,
				      "the device-mapper device %s exists already and is "
				      "not ours",
				      name);
	else
		result = make(machine, control, name, table, device);
	close(control);
	return result;
}

int undo_dm(struct machine *machine, const struct change *change)
{
	struct patience patience = patience_of(BUSY_LIMIT_MS);
	struct command command;
	int control = open(DM_CONTROL, O_RDWR | O_CLOEXEC), result, error;

	/* Without a device mapper the device was never made. */
	if (control < 0 && (errno == ENOENT || errno == ENODEV || errno == ENXIO))
		return 0;
	if (control < 0)
		return machine_fail(machine, "open(%s): %s", DM_CONTROL, strerror(errno));
	do {
		command = command_for(change->word[0]);
		result = ioctl(control, DM_DEV_REMOVE, &command);
	} while (result < 0 && errno == EBUSY && patience_left(&patience));
	error = errno;
	close(control);
	if (result == 0 || error == ENXIO)
		return 0;
	return machine_fail(machine, "removing the device-mapper device %s: %s%s", change->word[0],
			    strerror(error), error == EBUSY ? " for 5 s (try: fuser -v)" : "");
}
