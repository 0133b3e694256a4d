/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Subjects: which files and which memory a case judges, and how they begin.
 */
#ifndef LIB_SUBJECT_H
#define LIB_SUBJECT_H

#include "lib/machine.h"
#include "lib/run.h"

/* Where the files of a case live. */
struct case_place {
	char directory[DIRECTORY_BYTES]; /* on the case's file system; "" for filesystem none */
	char other_directory[DIRECTORY_BYTES]; /* for apart=1 */
	char device[64];                       /* below directory, or "" */
	bool remountable;                      /* the runner will remount and compare again */
	char trace_instance[PATH_BYTES];       /* or "" */
};

/* The names and views of the subjects of spec: fills run->subject[] (ledger, fd and map are left
 * alone), run->subjects, run->far_path, run->memory_path and the sizes. Pure: touches no file. */
void subject_layout(struct run *run, const struct case_spec *spec, const struct case_place *place);

/* Makes the ledgers of spec in shared memory, each slot with its writer. Returns 0 or -1 with
 * errno. A subject that spec does not have gets NULL. */
int subject_ledgers(const struct run *run, struct ledger *ledgers[SUBJECTS]);

/* Writes the files that spec needs, at generation 1, and fsyncs them. Ends the case on failure. */
void subject_prefill(struct run *run);

/* Stamps generation 1 over private memory that judged ops will move to, once it is mapped. */
void subject_prefill_memory(struct run *run);

/* Who owns a block: the mover's index, or -1 for a stressor. */
int subject_owner(const struct run *run, uint32_t block);

/* Removes the files of the case. */
void subject_remove_files(const struct case_place *place);

#endif
