//! A mailbox that has been in use for years meets inkom.

use std::time::{Duration, SystemTime};

use crate::support::clinic::{Clinic, Options, mail};

#[tokio::test]
async fn three_thousand_messages_at_first_contact_are_registered_and_wait_for_adoption() {
    const MESSAGES: usize = 3_000;
    let mut clinic = Clinic::with(Options { adopted: false, authority: "", ..Options::default() }).await;
    let years_ago = SystemTime::now() - Duration::from_hours(3 * 365 * 24);
    for n in 0..MESSAGES {
        let received = (n % 3 == 0).then_some(years_ago);
        clinic.deliver_at(&mail(n), received);
    }
    clinic.start();
    clinic.settle(MESSAGES).await;
    let entries = clinic.entries().await;
    assert_eq!(entries.len(), MESSAGES);
    assert!(entries.iter().all(|details| details.entry.backlog && details.pdf.is_some() && details.reply.is_empty()));
    assert_eq!((clinic.left(), clinic.smtp.messages().len()), (MESSAGES, 0));
    clinic.stop();
    assert_eq!(clinic.verify().await.faults, Vec::<String>::new());

    // The breaker would stop the replies to so many; here only the old ones matter.
    clinic.edit_config("max_per_hour = 100000", "max_per_hour = 5");
    assert!(clinic.command(&["adopt", "mottagningen"]).status.success());
    clinic.start();
    clinic.until("all removed", async |clinic| clinic.left() == 0).await;
    clinic.until("the breaker", async |clinic| clinic.log().contains("Sending has stopped")).await;
    clinic.stop();
    let entries = clinic.entries().await;
    let too_old = entries.iter().filter(|details| details.reply_reason == "too-old").count();
    assert_eq!(too_old, MESSAGES / 3);
    assert_eq!(clinic.smtp.messages().len(), 5);
    assert_eq!(clinic.verify().await.faults, Vec::<String>::new());
}
