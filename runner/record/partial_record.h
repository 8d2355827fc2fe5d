#pragma once

#include "probes/vantage.h"
#include "reports/measure/run_record.h"
#include "runner/record/journal.h"

namespace muster {

/// The record of a run whose runner was killed, from what it left: its state is Interrupted, and
/// `cut_off` says when it was last heard of. A change whose intent stands in the journal and whose
/// undo does not counts as one of which nobody knows how it is, and so does what a damaged journal
/// may have held. Journals of earlier musters name no probes and no budgets: such a record has the
/// changes, the events and the samples. Where the samples lie is left open. Pure.
///
/// `why`: what ended the run, where that was not that its runner was killed.
RunRecord partial_record(const JournalContent& journal,
                         SampleFileContent samples,
                         std::string_view why = "");

}  // namespace muster
