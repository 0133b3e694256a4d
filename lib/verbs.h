/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One RDMA device as a workload uses it: a reliable connection between two queue pairs of this
 * process, a memory region (MR) over the whole pinned memory, one over the far memory, and a queue
 * of transfers between the two. A transfer is an op or a part of one, cut into messages of a work
 * request each. What completes with an error, a device that vanishes and a completion that never
 * comes end the case as broken.
 */
#ifndef LIB_VERBS_H
#define LIB_VERBS_H

#include <stddef.h>

#include "lib/tables.h"

/* What is missing for a case that wants so many devices: an index to VERBS_SENTENCES. */
enum verbs_lack { VERBS_LACK_NOTHING, VERBS_LACK_DEVICE, VERBS_LACK_PORT, VERBS_LACK_MODULE };
enum verbs_lack verbs_lacks(unsigned devices);

/* For a workload's probe(). needs: "NAME needs so many RDMA devices". */
#define VERBS_SENTENCES(needs)                                                                     \
	{                                                                                          \
		NULL,                                                                              \
			needs "; /sys/class/infiniband is empty (try: rdma link add rxe0 type "    \
			      "rxe netdev "                                                        \
			      "eth0)",                                                             \
			needs "; /sys/class/infiniband has too few with an active port (try: "     \
			      "rdma link)",                                                        \
			needs "; /sys/class/infiniband is empty (try: rdma link add rxe0 type "    \
			      "rxe netdev "                                                        \
			      "eth0, with a kernel that has CONFIG_RDMA_RXE)",                     \
	}

#ifdef HAVE_IBVERBS

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stdint.h>

enum verbs_verb { VERBS_WRITE, VERBS_READ };

extern const char *const verbs_verb_words[];
extern const char *const verbs_mtu_words[];

/* The option rows of every workload with a device, which verbs_open() reads; and one that a
 * workload reads itself. */
#define VERBS_OPTIONS                                                                              \
	{.name = "verb",                                                                           \
	 .help = "what moves the bytes: RDMA WRITE from where they are, or RDMA READ from where "  \
		 "they are wanted",                                                                \
	 .maximum = VERBS_READ,                                                                    \
	 .words = verbs_verb_words},                                                               \
		{.name = "mtu",                                                                    \
		 .help = "path MTU in bytes; 0: the port's",                                       \
		 .maximum = IBV_MTU_4096,                                                          \
		 .words = verbs_mtu_words},                                                        \
	{                                                                                          \
		.name = "message", .help = "bytes of one work request; 0: the whole op",           \
		.maximum = 1 << 20                                                                 \
	}
#define VERBS_OPTION_REREG                                                                         \
	{                                                                                          \
		.name = "rereg",                                                                   \
		.help = "drop the memory region and register it again after every N ops, with "    \
			"none in flight; 0: never",                                                \
		.maximum = 1 << 30,                                                                \
	}

struct transfer {
	struct op *op;
	uint32_t offset, bytes, posted; /* of the op; how much of it has its work request */
	uint64_t last; /* the work request that it ends with, once that is posted */
};

struct verbs {
	struct mover *mover;
	char name[64];
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_qp *qp[2]; /* 0 asks, 1 answers */
	struct ibv_mr *memory, *far, *landing;

	enum verbs_verb verb;
	int extra_access; /* of every MR */
	uint8_t port;
	struct ibv_port_attr port_attributes;
	struct ibv_device_attr attributes;
	uint32_t message_bytes;

	/* Work requests: how many the send queue holds, and how many ever were posted and are known
	 * to be over. */
	unsigned room;
	uint64_t posted, retired;

	/* Transfers from first to next are posted, from next to end they wait; of ever so many. */
	struct transfer *transfers;
	unsigned capacity;
	uint64_t first, next, end;
};

/* A transfer that is over, by its op and its place in lane[]. */
struct verbs_end {
	struct op *op;
	unsigned lane;
};

/* Opens the usable device number which (from 0) and connects it with itself. extra_access goes to
 * every MR. Like all below, it ends the case on failure. */
void verbs_open(struct verbs *verbs, struct mover *mover, unsigned which, int extra_access);
/* With no MR left. */
void verbs_close(struct verbs *verbs);

/* Registers the far memory, and a page for bytes that nobody wants. And back. */
void verbs_register_far(struct verbs *verbs);
void verbs_deregister_far(struct verbs *verbs);

/* Registers the pinned memory: 0, or a positive errno. And back. */
int verbs_register(struct verbs *verbs);
void verbs_deregister(struct verbs *verbs);

/* The first time: a refusal ends the case as what it is. Once more, with nothing in flight: a
 * stressor may have made the memory unfit for a while. */
void verbs_pin(struct verbs *verbs);
void verbs_pin_again(struct verbs *verbs, uint64_t ops);

/* The registration and its size, for a sentence. */
const char *verbs_call(const struct verbs *verbs, char *text, size_t bytes);

/* Queues a transfer of bytes at offset of the op, and posts what the send queue has room for. */
void verbs_queue(struct verbs *verbs, struct op *op, uint32_t offset, uint32_t bytes);

/* Waits until a transfer is over on one of the lanes (1 or 2 of one mover); puts up to limit into
 * ended and returns how many. */
unsigned verbs_wait(struct verbs *lane, unsigned lanes, struct verbs_end *ended, unsigned limit);

/* Reports broken: the call of the device failed with a positive errno. */
_Noreturn void verbs_failed(const struct verbs *verbs, const char *call, int error);

/* What the kernel should say to an MR over the whole memory. */
enum promise verbs_promise(const struct case_spec *spec);

#endif
#endif
