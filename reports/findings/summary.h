// SPDX-License-Identifier: MIT
// What a report says of its samples: everything that follows from them, put into the document beside them.
#pragma once

struct cJSON;

// Fills "summary" of every cell of one workload block from its samples, "cpu_share" and "kind" of the block, ranks and
// ties, then "findings" and "warnings". An "ok" cell with a sample that is not ok takes over that sample's status and
// reason, one without samples becomes "skipped". The document must have "plan", "ccbench" and "environment" by then;
// the block need not be in it yet. Idempotent: earlier results are replaced. 0 or -ENOMEM.
int summarise_block(struct cJSON *document, struct cJSON *block);

// Makes what a document as document_read() gave it lacks: the summaries of its blocks, and its sweeps anew. Leaves other
// kinds of documents as they are. 0 or -ENOMEM.
int summarise_missing(struct cJSON *document);
