// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The answer of a reproducer is the worst verdict of its rounds; the version of the kernel decides
 * only what is said about it.
 */
#include <string.h>
#include <sys/utsname.h>

#include "front/documents.h"
#include "front/repro_answer.h"
#include "lib/kernel_version.h"
#include "results/json.h"

struct answer {
	const struct record *record; /* of the worst verdict, or NULL */
	bool answered, reproduced;
	enum expectation expectation;
};

static struct answer answer_of(const struct question *question, const struct bundle *bundle,
			       const struct kernel_version *version)
{
	struct answer answer = {0};

	for (size_t i = 0; i < bundle->count; i++) {
		const struct record *record = &bundle->records[i];

		if (strcmp(record->case_id, question->spec.id) == 0 &&
		    (!answer.record || record->verdict > answer.record->verdict))
			answer.record = record;
	}
	if (!answer.record || answer.record->verdict == VERDICT_SKIP ||
	    answer.record->verdict == VERDICT_BROKEN)
		return answer;
	answer.answered = true;
	answer.reproduced = answer.record->verdict == VERDICT_FAIL;
	answer.expectation = kernel_version_expect(version, question->reproducer->bad,
						   sizeof(question->reproducer->bad) /
							   sizeof(question->reproducer->bad[0]),
						   answer.reproduced);
	return answer;
}

static const char *answer_word(const struct answer *answer)
{
	if (!answer->answered)
		return answer->record ? verdict_word(answer->record->verdict) : "not run";
	return answer->reproduced ? "reproduced" : "not reproduced";
}

static void print_answer(FILE *out, const struct question *question, const struct answer *answer)
{
	fprintf(out, "%s: %s", question->reproducer->name, answer_word(answer));
	if (answer->answered)
		fprintf(out, ", %s", expectation_word(answer->expectation));
	fprintf(out, "\n  %s (%s)\n  %s\n", question->reproducer->summary,
		question->reproducer->class_word, question->spec.id);
	if (question->reproducer->fixed_by)
		fprintf(out, "  changed by %s\n", question->reproducer->fixed_by);
	if (answer->record && answer->record->reason[0])
		fprintf(out, "  %s\n", answer->record->reason);
}

static json_t *document_answer(const struct question *question, const struct answer *answer)
{
	const struct reproducer *reproducer = question->reproducer;
	json_t *object = json_object();

	json_object_set_new(object, "name", json_text(reproducer->name, SIZE_MAX));
	json_object_set_new(object, "summary", json_text(reproducer->summary, SIZE_MAX));
	json_object_set_new(object, "class", json_text(reproducer->class_word, SIZE_MAX));
	json_object_set_new(object, "fixed_by", json_text(reproducer->fixed_by, SIZE_MAX));
	json_object_set_new(object, "case", json_text(question->spec.id, SIZE_MAX));
	json_object_set_new(object, "reproduced",
			    answer->answered ? json_boolean(answer->reproduced) : json_null());
	json_object_set_new(object, "expectation",
			    answer->answered
				    ? json_text(expectation_word(answer->expectation), SIZE_MAX)
				    : json_null());
	json_object_set_new(
		object, "reason",
		json_text(answer->record ? answer->record->reason : "it was not run", SIZE_MAX));
	return object;
}

void repro_tell(const struct session *session, const struct questions *questions,
		const struct bundle *bundle, int code)
{
	const char *path = session->writer.path;
	json_t *document = session->arguments->json ? document_of(bundle, path, code) : NULL;
	json_t *answers = json_array();
	struct kernel_version version = {0};
	struct utsname kernel;

	uname(&kernel);
	kernel_version_of(&version, kernel.release, kernel.version);
	for (size_t i = 0; i < questions->count; i++) {
		struct answer answer = answer_of(&questions->item[i], bundle, &version);

		print_answer(session->say, &questions->item[i], &answer);
		json_array_append_new(answers, document_answer(&questions->item[i], &answer));
	}
	fprintf(session->say, "on %s (%u.%u.%u); bundle: %s\n", kernel.release, version.major,
		version.minor, version.patch, path);
	if (document) {
		json_object_set(document, "reproducers", answers);
		document_print(stdout, document);
	}
	json_decref(answers);
}
