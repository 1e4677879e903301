//! The places where a crash test may stop the process. Without the feature `faults` they are nothing.

use crate::model::words;

/// A place between two effects of which the second must follow the first, whatever happens in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    Fetched,
    RegisterWritten,
    Registered,
    RenderWritten,
    Rendered,
    AnswerWritten,
    Answered,
    Confirmed,
    Removed,
    FinishWritten,
    Finished,
    ReplyClaimed,
    DataBegins,
    ReplyHandedOver,
    SentWritten,
    Sent,
    HandoverClaimed,
    PdfWritten,
    IndexWritten,
    DoneWritten,
    HandoverCommitted,
    HandedOver,
    HandoverRecorded,
    ReceiptRead,
    ReceiptWritten,
    ReceiptTaken,
}

words!(Boundary {
    Fetched = "fetched",
    RegisterWritten = "register-written",
    Registered = "registered",
    RenderWritten = "render-written",
    Rendered = "rendered",
    AnswerWritten = "answer-written",
    Answered = "answered",
    Confirmed = "confirmed",
    Removed = "removed",
    FinishWritten = "finish-written",
    Finished = "finished",
    ReplyClaimed = "reply-claimed",
    DataBegins = "data-begins",
    ReplyHandedOver = "reply-handed-over",
    SentWritten = "sent-written",
    Sent = "sent",
    HandoverClaimed = "handover-claimed",
    PdfWritten = "pdf-written",
    IndexWritten = "index-written",
    DoneWritten = "done-written",
    HandoverCommitted = "handover-committed",
    HandedOver = "handed-over",
    HandoverRecorded = "handover-recorded",
    ReceiptRead = "receipt-read",
    ReceiptWritten = "receipt-written",
    ReceiptTaken = "receipt-taken",
});

/// The process has come to a boundary. With the feature `faults`, `INKOM_STOP_AT=BOUNDARY:N` kills it at the Nth time.
#[cfg(not(feature = "faults"))]
pub fn reached(_: Boundary) {}

#[cfg(feature = "faults")]
pub fn reached(boundary: Boundary) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    static STOP: LazyLock<Option<(Boundary, u32)>> = LazyLock::new(|| {
        let stop = std::env::var("INKOM_STOP_AT").ok()?;
        let (boundary, times) = stop.split_once(':')?;
        Some((boundary.parse().ok()?, times.parse().ok()?))
    });
    static REACHED: AtomicU32 = AtomicU32::new(0);

    if let Some((at, times)) = *STOP
        && at == boundary
        && REACHED.fetch_add(1, Ordering::SeqCst) + 1 == times
    {
        // SIGKILL to ourselves: no destructor, no flush, nothing runs after it.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}
