// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transfers through the connection. A reliable connection works off its requests in order, so one
 * completion vouches for all before it, and only the last request of a transfer asks for one (and
 * one in so many, that the queue is known to have room again). An error is always reported.
 *
 * The completion of a WRITE says that the answering device has taken the bytes, not that they are
 * in memory: a device may still hold them. A READ behind it, of one byte, is answered only after
 * they are. That is why a transfer by WRITE ends with one.
 */
#include "lib/verbs.h"

#ifdef HAVE_IBVERBS

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/run.h"

/* Well below the runner's limit for a case without progress, above all retries of a request. */
#define COMPLETION_LIMIT_NS 30000000000ull

enum { BATCH = 32, TICK_MS = 1000, LANES = 2 };

struct request {
	struct ibv_send_wr work[BATCH];
	struct ibv_sge piece[BATCH];
};

/* --- posting --- */

/* The message of transfer that comes next. */
static void fill_message(const struct verbs *verbs, struct transfer *transfer,
			 struct ibv_send_wr *work, struct ibv_sge *piece, uint32_t bytes)
{
	uint32_t at = transfer->offset + transfer->posted;
	uint8_t *memory = transfer->op->memory + at, *far = transfer->op->far_memory + at;
	bool write = verbs->verb == VERBS_WRITE;
	bool asks_from_far = write == (verbs->mover->way == WAY_IN);
	const struct ibv_mr *local = asks_from_far ? verbs->far : verbs->memory;
	const struct ibv_mr *remote = asks_from_far ? verbs->memory : verbs->far;

	work->opcode = write ? IBV_WR_RDMA_WRITE : IBV_WR_RDMA_READ;
	*piece = (struct ibv_sge){.addr = (uintptr_t)(asks_from_far ? far : memory),
				  .length = bytes,
				  .lkey = local->lkey};
	work->wr.rdma.remote_addr = (uintptr_t)(asks_from_far ? memory : far);
	work->wr.rdma.rkey = remote->rkey;
	transfer->posted += bytes;
}

static void fill_landing(const struct verbs *verbs, const struct transfer *transfer,
			 struct ibv_send_wr *work, struct ibv_sge *piece)
{
	bool in = verbs->mover->way == WAY_IN;
	const uint8_t *target = in ? transfer->op->memory : transfer->op->far_memory;

	work->opcode = IBV_WR_RDMA_READ;
	*piece = (struct ibv_sge){
		.addr = (uintptr_t)verbs->landing->addr, .length = 1, .lkey = verbs->landing->lkey};
	work->wr.rdma.remote_addr = (uintptr_t)(target + transfer->offset + transfer->bytes - 1);
	work->wr.rdma.rkey = in ? verbs->memory->rkey : verbs->far->rkey;
}

static void fill_request(struct verbs *verbs, struct ibv_send_wr *work, struct ibv_sge *piece)
{
	struct transfer *transfer = &verbs->transfers[verbs->next % verbs->capacity];
	uint32_t left = transfer->bytes - transfer->posted;
	bool last = left == 0;

	*work = (struct ibv_send_wr){.wr_id = verbs->posted, .sg_list = piece, .num_sge = 1};
	if (last) {
		fill_landing(verbs, transfer, work, piece);
	} else {
		uint32_t bytes = left < verbs->message_bytes ? left : verbs->message_bytes;

		fill_message(verbs, transfer, work, piece, bytes);
		last = left == bytes && verbs->verb == VERBS_READ;
	}
	if (last || verbs->posted % (verbs->room / 4) == 0)
		work->send_flags = IBV_SEND_SIGNALED;
	if (last) {
		transfer->last = verbs->posted;
		verbs->next++;
	}
	verbs->posted++;
}

static void post(struct verbs *verbs)
{
	while (verbs->next < verbs->end && verbs->posted - verbs->retired < verbs->room) {
		struct request request;
		struct ibv_send_wr *bad;
		unsigned count = 0;
		int error;

		while (count < BATCH && verbs->next < verbs->end &&
		       verbs->posted - verbs->retired < verbs->room) {
			fill_request(verbs, &request.work[count], &request.piece[count]);
			if (count)
				request.work[count - 1].next = &request.work[count];
			count++;
		}
		error = ibv_post_send(verbs->qp[0], request.work, &bad);
		if (error)
			verbs_failed(verbs, "ibv_post_send", error);
	}
}

void verbs_queue(struct verbs *verbs, struct op *op, uint32_t offset, uint32_t bytes)
{
	verbs->transfers[verbs->end++ % verbs->capacity] =
		(struct transfer){.op = op, .offset = offset, .bytes = bytes};
	post(verbs);
}

/* --- completions --- */

static bool is_gone(const struct verbs *verbs)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "/sys/class/infiniband/%s", verbs->name);
	return access(path, F_OK) < 0;
}

static _Noreturn void failed(const struct verbs *verbs, const struct ibv_wc *completion)
{
	run_broken(verbs->mover->run,
		   "%s, way %s, by RDMA %s on %s: %s (status %d, vendor error 0x%x)%s",
		   verbs->mover->workload->name, way_word(verbs->mover->way),
		   verbs->verb == VERBS_WRITE ? "WRITE" : "READ", verbs->name,
		   ibv_wc_status_str(completion->status), completion->status,
		   completion->vendor_err, is_gone(verbs) ? "; the device is gone" : "");
}

static void take_completions(struct verbs *verbs)
{
	struct ibv_wc completions[BATCH];
	int count;

	while ((count = ibv_poll_cq(verbs->cq, BATCH, completions)) > 0) {
		for (int i = 0; i < count; i++) {
			if (completions[i].status != IBV_WC_SUCCESS)
				failed(verbs, &completions[i]);
			verbs->retired = completions[i].wr_id + 1;
		}
	}
	if (count < 0)
		run_broken(verbs->mover->run, "ibv_poll_cq on %s failed%s", verbs->name,
			   is_gone(verbs) ? ": the device is gone" : "");
}

/* Without waiting. */
static unsigned take_ended(struct verbs *lane, unsigned lanes, struct verbs_end *ended,
			   unsigned limit)
{
	unsigned count = 0;

	for (unsigned i = 0; i < lanes; i++) {
		struct verbs *verbs = &lane[i];

		take_completions(verbs);
		while (count < limit && verbs->first < verbs->next) {
			struct transfer *transfer =
				&verbs->transfers[verbs->first % verbs->capacity];

			if (transfer->last >= verbs->retired)
				break;
			ended[count++] = (struct verbs_end){transfer->op, i};
			verbs->first++;
		}
		post(verbs);
	}
	return count;
}

/* --- waiting --- */

/* What happens to the device or the connection: some of it is no harm. */
static void take_device_event(const struct verbs *verbs)
{
	struct ibv_async_event event;

	if (ibv_get_async_event(verbs->context, &event))
		verbs_failed(verbs, "ibv_get_async_event", errno);
	switch (event.event_type) {
	case IBV_EVENT_COMM_EST:
	case IBV_EVENT_SQ_DRAINED:
	case IBV_EVENT_PORT_ACTIVE:
	case IBV_EVENT_LID_CHANGE:
	case IBV_EVENT_PKEY_CHANGE:
	case IBV_EVENT_SM_CHANGE:
	case IBV_EVENT_GID_CHANGE:
	case IBV_EVENT_CLIENT_REREGISTER:
		ibv_ack_async_event(&event);
		return;
	default:
		run_broken(verbs->mover->run, "%s reports: %s%s", verbs->name,
			   ibv_event_type_str(event.event_type),
			   is_gone(verbs) ? "; the device is gone" : "");
	}
}

static void take_notice(const struct verbs *verbs)
{
	struct ibv_cq *cq;
	void *context;

	if (ibv_get_cq_event(verbs->channel, &cq, &context))
		verbs_failed(verbs, "ibv_get_cq_event", errno);
	ibv_ack_cq_events(cq, 1);
}

static void arm(struct verbs *lane, unsigned lanes)
{
	for (unsigned i = 0; i < lanes; i++) {
		int error = ibv_req_notify_cq(lane[i].cq, 0);

		if (error)
			verbs_failed(&lane[i], "ibv_req_notify_cq", error);
	}
}

/* Sleeps until a lane has something to say, or a tick. */
static void sleep_on(struct verbs *lane, unsigned lanes)
{
	struct pollfd fds[2 * LANES];
	int ready;

	for (unsigned i = 0; i < lanes; i++) {
		fds[2 * i] = (struct pollfd){.fd = lane[i].channel->fd, .events = POLLIN};
		fds[2 * i + 1] = (struct pollfd){.fd = lane[i].context->async_fd, .events = POLLIN};
	}
	ready = poll(fds, 2 * lanes, TICK_MS);
	if (ready < 0 && errno != EINTR)
		verbs_failed(lane, "poll() of the completion channel", errno);
	for (unsigned i = 0; ready > 0 && i < lanes; i++) {
		/* A completion first: it says more than an event. */
		if (fds[2 * i].revents & POLLIN)
			take_notice(&lane[i]);
		else if (fds[2 * i + 1].revents & POLLIN)
			take_device_event(&lane[i]);
		else if (fds[2 * i].revents | fds[2 * i + 1].revents)
			run_broken(lane[i].mover->run, "%s has vanished: its files are closed",
				   lane[i].name);
	}
}

unsigned verbs_wait(struct verbs *lane, unsigned lanes, struct verbs_end *ended, unsigned limit)
{
	uint64_t start_ns = clock_ns();
	unsigned count = take_ended(lane, lanes, ended, limit);

	while (!count) {
		arm(lane, lanes);
		/* What completed before the notice was asked for gives none. */
		count = take_ended(lane, lanes, ended, limit);
		if (count)
			break;
		sleep_on(lane, lanes);
		count = take_ended(lane, lanes, ended, limit);
		if (!count && clock_ns() - start_ns > COMPLETION_LIMIT_NS)
			run_broken(lane->mover->run,
				   "%s completed none of %llu work requests in %llu s%s",
				   lane->name, (unsigned long long)(lane->posted - lane->retired),
				   COMPLETION_LIMIT_NS / 1000000000,
				   is_gone(lane) ? ": the device is gone" : "");
	}
	return count;
}

#endif
