// SPDX-License-Identifier: MIT
// The gate's document (reports/document/gate.h) as it stands before anything is measured.
#pragma once

#include "cmd/rounds/gate_rounds.h"

// A new document for the plan and the sides, with a cell for each of the plan's, to whose JSON gate->cells point; it is
// put into gate->document. 0 or -ENOMEM.
int gate_document_make(struct gate *gate, int argc, char **argv);

// Puts the trials' plans into the cells anew, as programs have been calibrated.
void gate_document_replan(struct gate *gate);

// The comparisons that are judged together: metrics of the cells that are compared. Also put into the document's rule.
unsigned gate_document_comparisons(struct gate *gate);

// What --metric, or the workload, asks of a cell that is to be compared: 0, or EXIT_USAGE with one line printed where
// it cannot be had.
int gate_document_check_metrics(const struct options *options, const struct plan *plan);
