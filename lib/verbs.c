// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening an RDMA device and connecting it with itself. No connection manager is needed for that:
 * both queue pairs are ours, so each is told the other's number, and the address is the port's own.
 * RoCE wants that address as a GID, from the table that the kernel fills with the addresses of the
 * network device below; InfiniBand is content with the port's LID.
 */
#include "lib/verbs.h"

#include <dirent.h>
#include <stddef.h>
#include <unistd.h>

#include "lib/machine.h"

static bool has_any_device(void)
{
	DIR *directory = opendir("/sys/class/infiniband");
	bool found = false;
	struct dirent *entry;

	while (directory && !found && (entry = readdir(directory)))
		found = entry->d_name[0] != '.';
	if (directory)
		closedir(directory);
	return found;
}

enum verbs_lack verbs_lacks(unsigned devices)
{
	char names[RDMA_DEVICES][RDMA_NAME_BYTES];

	if (rdma_devices(names) >= devices || rdma_can_make())
		return VERBS_LACK_NOTHING;
	if (has_any_device())
		return VERBS_LACK_PORT;
	return geteuid() == 0 ? VERBS_LACK_MODULE : VERBS_LACK_DEVICE;
}

#ifdef HAVE_IBVERBS

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/run.h"

/* A time-out of 4.096 us << 18, about a second, and seven retries: a busy machine under emulation
 * may not answer sooner. */
enum { ACK_TIMEOUT = 18, RETRIES = 7, RNR_TIMER = 12, HOPS = 64 };

/* Messages of a byte want a long queue; with a longer one rxe would only hold more memory. */
enum { SEND_ROOM = 512, READS_IN_FLIGHT = 16, PORTS = 4 };

const char *const verbs_verb_words[] = {"write", "read"};
const char *const verbs_mtu_words[] = {"0", "256", "512", "1024", "2048", "4096"};

_Noreturn void verbs_failed(const struct verbs *verbs, const char *call, int error)
{
	run_broken(verbs->mover->run, "%s on %s: %s%s", call, verbs->name, strerror(error),
		   error == EIO || error == ENODEV ? "; the device may be gone" : "");
}

/* --- the device --- */

static struct ibv_context *open_named(struct verbs *verbs)
{
	int count = 0;
	struct ibv_device **list = ibv_get_device_list(&count);
	struct ibv_context *context = NULL;

	if (!list)
		run_broken(verbs->mover->run, "ibv_get_device_list: %s", strerror(errno));
	for (int i = 0; i < count; i++) {
		if (strcmp(ibv_get_device_name(list[i]), verbs->name) != 0)
			continue;
		context = ibv_open_device(list[i]);
		if (!context)
			verbs_failed(verbs, "ibv_open_device", errno);
	}
	ibv_free_device_list(list);
	if (!context)
		run_broken(verbs->mover->run,
			   "libibverbs does not find %s among its %d devices (try: the package "
			   "ibverbs-providers, and modprobe ib_uverbs)",
			   verbs->name, count);
	return context;
}

static void find_port(struct verbs *verbs)
{
	for (verbs->port = 1; verbs->port <= PORTS; verbs->port++) {
		if (verbs->port <= verbs->attributes.phys_port_cnt &&
		    ibv_query_port(verbs->context, verbs->port, &verbs->port_attributes) == 0 &&
		    verbs->port_attributes.state == IBV_PORT_ACTIVE)
			return;
	}
	run_broken(verbs->mover->run, "%s has no active port any more", verbs->name);
}

static void open_device(struct verbs *verbs, unsigned which)
{
	char names[RDMA_DEVICES][RDMA_NAME_BYTES];
	unsigned count = rdma_devices(names);
	int error;

	if (which >= count)
		run_skip(verbs->mover->run,
			 "%s needs %u RDMA devices with an active port; /sys/class/infiniband has "
			 "%u (try: as root, or rdma link add rxe0 type rxe netdev eth0)",
			 verbs->mover->workload->name, which + 1, count);
	memcpy(verbs->name, names[which], sizeof(verbs->name));
	verbs->context = open_named(verbs);
	error = ibv_query_device(verbs->context, &verbs->attributes);
	if (error)
		verbs_failed(verbs, "ibv_query_device", error);
	find_port(verbs);
}

/* --- the connection --- */

static unsigned smaller(unsigned a, int b)
{
	return b > 0 && (unsigned)b < a ? (unsigned)b : a;
}

static void make_queues(struct verbs *verbs)
{
	struct ibv_qp_init_attr attributes = {.qp_type = IBV_QPT_RC};

	verbs->room =
		smaller(smaller(SEND_ROOM, verbs->attributes.max_qp_wr), verbs->attributes.max_cqe);
	attributes.cap = (struct ibv_qp_cap){
		.max_send_wr = verbs->room, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1};
	verbs->pd = ibv_alloc_pd(verbs->context);
	if (!verbs->pd)
		verbs_failed(verbs, "ibv_alloc_pd", errno);
	verbs->channel = ibv_create_comp_channel(verbs->context);
	if (!verbs->channel)
		verbs_failed(verbs, "ibv_create_comp_channel", errno);
	verbs->cq = ibv_create_cq(verbs->context, verbs->room, NULL, verbs->channel, 0);
	if (!verbs->cq)
		verbs_failed(verbs, "ibv_create_cq", errno);
	attributes.send_cq = attributes.recv_cq = verbs->cq;
	for (unsigned i = 0; i < 2; i++) {
		verbs->qp[i] = ibv_create_qp(verbs->pd, &attributes);
		if (!verbs->qp[i])
			verbs_failed(verbs, "ibv_create_qp(RC)", errno);
	}
}

/* How well a GID suits a connection of the port with itself. RoCE v1 is left to the oldest devices,
 * and link-local addresses to those without another one. */
static unsigned gid_rank(const struct ibv_gid_entry *entry)
{
	static const uint8_t none[16], mapped[12] = {[10] = 0xff, [11] = 0xff};
	bool is_ipv4 = memcmp(entry->gid.raw, mapped, sizeof(mapped)) == 0;

	if (memcmp(entry->gid.raw, none, sizeof(none)) == 0)
		return 0;
	return 1 + is_ipv4 + 2 * (entry->gid_type == IBV_GID_TYPE_ROCE_V2);
}

static struct ibv_gid_entry find_gid(const struct verbs *verbs)
{
	struct ibv_gid_entry best = {.gid_index = 0};
	unsigned best_rank = 0;

	for (int i = 0; i < verbs->port_attributes.gid_tbl_len; i++) {
		struct ibv_gid_entry entry;

		if (ibv_query_gid_ex(verbs->context, verbs->port, i, &entry, 0) ||
		    gid_rank(&entry) <= best_rank)
			continue;
		best = entry;
		best_rank = gid_rank(&entry);
	}
	if (!best_rank)
		run_broken(verbs->mover->run,
			   "port %u of %s has no GID (try: an address for its network device)",
			   verbs->port, verbs->name);
	return best;
}

static struct ibv_ah_attr own_address(const struct verbs *verbs)
{
	struct ibv_ah_attr address = {.port_num = verbs->port, .dlid = verbs->port_attributes.lid};

	if (verbs->port_attributes.link_layer == IBV_LINK_LAYER_ETHERNET) {
		struct ibv_gid_entry entry = find_gid(verbs);

		address.is_global = 1;
		address.grh.dgid = entry.gid;
		address.grh.sgid_index = entry.gid_index;
		address.grh.hop_limit = HOPS;
	}
	return address;
}

static enum ibv_mtu path_mtu(const struct verbs *verbs)
{
	int64_t wanted = option_get(&verbs->mover->run->spec->options, "mtu");
	enum ibv_mtu most = verbs->port_attributes.active_mtu;

	if (wanted > most)
		run_skip(verbs->mover->run,
			 "mtu=%s is more than the %s of %s (try: ip link set mtu 9000 on the "
			 "network device below)",
			 verbs_mtu_words[wanted], verbs_mtu_words[most], verbs->name);
	return wanted ? (enum ibv_mtu)wanted : most;
}

static void connect_to(struct verbs *verbs, struct ibv_qp *qp, const struct ibv_qp *other)
{
	unsigned reads = smaller(READS_IN_FLIGHT, verbs->attributes.max_qp_rd_atom);
	struct ibv_qp_attr init = {
		.qp_state = IBV_QPS_INIT,
		.port_num = verbs->port,
		.qp_access_flags = IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE,
	};
	struct ibv_qp_attr receive = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = path_mtu(verbs),
		.dest_qp_num = other->qp_num,
		.max_dest_rd_atomic = reads,
		.min_rnr_timer = RNR_TIMER,
		.ah_attr = own_address(verbs),
	};
	struct ibv_qp_attr send = {
		.qp_state = IBV_QPS_RTS,
		.timeout = ACK_TIMEOUT,
		.retry_cnt = RETRIES,
		.rnr_retry = RETRIES,
		.max_rd_atomic = smaller(reads, verbs->attributes.max_qp_init_rd_atom),
	};
	int error = ibv_modify_qp(
		qp, &init, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);

	if (error)
		verbs_failed(verbs, "ibv_modify_qp(INIT)", error);
	error = ibv_modify_qp(qp, &receive,
			      IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
				      IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
				      IBV_QP_MIN_RNR_TIMER);
	if (error)
		verbs_failed(verbs, "ibv_modify_qp(RTR)", error);
	error = ibv_modify_qp(qp, &send,
			      IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
				      IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
	if (error)
		verbs_failed(verbs, "ibv_modify_qp(RTS)", error);
}

void verbs_open(struct verbs *verbs, struct mover *mover, unsigned which, int extra_access)
{
	const struct option_values *values = &mover->run->spec->options;

	verbs->mover = mover;
	verbs->extra_access = extra_access;
	verbs->verb = (enum verbs_verb)option_get(values, "verb");
	verbs->message_bytes = option_get(values, "message");
	if (!verbs->message_bytes)
		verbs->message_bytes = mover->block_bytes;
	open_device(verbs, which);
	make_queues(verbs);
	for (unsigned i = 0; i < 2; i++)
		connect_to(verbs, verbs->qp[i], verbs->qp[1 - i]);
	verbs->capacity = mover->depth;
	verbs->transfers = calloc(verbs->capacity, sizeof(*verbs->transfers));
	if (!verbs->transfers)
		run_broken(mover->run, "allocating %u transfers: %s", verbs->capacity,
			   strerror(ENOMEM));
}

void verbs_close(struct verbs *verbs)
{
	int error = 0;

	for (unsigned i = 0; i < 2; i++)
		error = error ? error : ibv_destroy_qp(verbs->qp[i]);
	if (error)
		verbs_failed(verbs, "ibv_destroy_qp", error);
	error = ibv_destroy_cq(verbs->cq);
	if (error)
		verbs_failed(verbs, "ibv_destroy_cq", error);
	error = ibv_destroy_comp_channel(verbs->channel);
	if (!error)
		error = ibv_dealloc_pd(verbs->pd);
	if (!error)
		error = ibv_close_device(verbs->context);
	if (error)
		verbs_failed(verbs, "closing the device", error);
	free(verbs->transfers);
}

#endif
