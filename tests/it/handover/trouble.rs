//! The folder is missing, full or not to be written in; a receipt is none; files of others lie in the way.

use std::fs;
use std::os::unix::fs::symlink;

use inkom::decision::{Decision, Record};
use inkom::diary::{HandoverState, HandoverTrouble};
use inkom::health::Problem;
use inkom::pulse::Progress;
use jiff::SignedDuration;

use super::Desk;
use crate::disk::mounted;
use crate::support::importer::{accepted, answer, import, names};
use crate::support::store::minute;

#[tokio::test]
async fn a_folder_that_is_missing_is_waited_for_and_all_goes_on_when_it_comes() {
    let desk = Desk::open().await;
    fs::remove_dir(&desk.folder).unwrap();
    let entry = desk.sent(1).await;
    let mut worker = desk.worker_on(&desk.folder, minute(3));
    assert_eq!(worker.turn().await.unwrap(), Progress::Idle);
    assert_eq!(desk.state(&entry).await, (HandoverState::Waiting, Some(HandoverTrouble::FolderMissing)));
    let problem = Problem::HandoversStopped { trouble: HandoverTrouble::FolderMissing, entries: 1 };
    assert!(problem.is_outage());
    assert_eq!(desk.problems(minute(3)).await, [problem]);

    // It is let be for a moment, even though it has come.
    fs::create_dir(&desk.folder).unwrap();
    assert_eq!(worker.turn().await.unwrap(), Progress::Idle);
    assert_eq!(names(&desk.folder), Vec::<String>::new());
    desk.run(minute(4)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::HandedOver, None));
    assert_eq!(desk.problems(minute(4)).await, []);
    assert_eq!(import(&desk.folder).len(), 1);

    // Gone again, receipts cannot come, which is known of what waits for one.
    fs::remove_dir(&desk.folder).unwrap();
    desk.run(minute(5)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::HandedOver, Some(HandoverTrouble::FolderMissing)));
    fs::create_dir(&desk.folder).unwrap();
    answer(&desk.folder, "MM-2026-00001-1", &accepted("J-17"));
    desk.run(minute(6)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::Accepted, None));
}

#[tokio::test]
async fn a_full_folder_tells_the_record_system_nothing_and_all_goes_on_once_there_is_room() {
    let test = "handover::trouble::a_full_folder_tells_the_record_system_nothing_and_all_goes_on_once_there_is_room";
    let Some(mounted) = mounted(test) else { return };
    let mut desk = Desk::open().await;
    desk.folder = mounted.disk().join("import");
    fs::create_dir(&desk.folder).unwrap();
    let entry = desk.sent(1).await;
    // Room for nothing, for one file more, and for one more again.
    let name = "MM-2026-00001-1";
    let lying = [&[][..], &[".pdf"], &[".begun", ".json", ".pdf"]];
    for (blocks, minutes, lying) in [(0, 3, lying[0]), (1, 4, lying[1]), (1, 5, lying[2])] {
        mounted.fill(blocks * 4096);
        desk.run(minute(minutes)).await;
        assert_eq!(desk.state(&entry).await, (HandoverState::Writing, Some(HandoverTrouble::FolderFull)), "{lying:?}");
        let hidden = |ending: &str| if ending == ".begun" { "." } else { "" };
        let lying: Vec<_> = lying.iter().map(|ending| format!("{}{name}{ending}", hidden(ending))).collect();
        assert_eq!(names(&desk.folder), lying);
        mounted.make_room();
    }
    desk.run(minute(6)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::HandedOver, None));
    assert_eq!(import(&desk.folder).len(), 1);
}

#[tokio::test]
async fn a_read_only_folder_tells_the_record_system_nothing_and_all_goes_on_once_it_can_be_written_in() {
    let test = "handover::trouble::a_read_only_folder_tells_the_record_system_nothing_and_all_goes_on_once_it_can_be_written_in";
    let Some(mounted) = mounted(test) else { return };
    let mut desk = Desk::open().await;
    fs::create_dir(mounted.disk().join("import")).unwrap();
    desk.folder = mounted.0.join("read-only/import");
    let entry = desk.sent(1).await;
    assert!(inkom::handover::probe(&desk.folder).is_err());
    desk.run(minute(3)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::Writing, Some(HandoverTrouble::FolderNotWritable)));
    desk.folder = mounted.disk().join("import");
    assert_eq!(inkom::handover::probe(&desk.folder), Ok(()));
    assert_eq!(names(&desk.folder), Vec::<String>::new());
    desk.run(minute(4)).await;
    assert_eq!(import(&desk.folder).len(), 1);

    // A receipt that cannot be taken away counts once all the same.
    answer(&desk.folder, "MM-2026-00001-1", &accepted("J-17"));
    desk.folder = mounted.0.join("read-only/import");
    for minutes in 5..8 {
        desk.run(minute(minutes)).await;
        assert_eq!(desk.state(&entry).await, (HandoverState::Accepted, None));
    }
    desk.folder = mounted.disk().join("import");
    desk.run(minute(8)).await;
    assert_eq!(names(&desk.folder), Vec::<String>::new());
}

#[tokio::test]
async fn a_receipt_that_is_half_written_is_not_taken_and_is_read_again_when_it_is_whole() {
    let desk = Desk::open().await;
    let entry = desk.sent(1).await;
    desk.run(minute(3)).await;
    import(&desk.folder);
    let receipt = desk.folder.join("MM-2026-00001-1.receipt.json");
    let whole = accepted("J-17").to_string();
    let unreadable = Problem::HandoversStopped { trouble: HandoverTrouble::ReceiptUnreadable, entries: 1 };
    for part in ["", &whole[..whole.len() / 2], r#"{"result":"perhaps"}"#] {
        fs::write(&receipt, part).unwrap();
        desk.run(minute(4)).await;
        assert_eq!(desk.state(&entry).await, (HandoverState::HandedOver, Some(HandoverTrouble::ReceiptUnreadable)));
        assert_eq!(desk.problems(minute(4)).await, std::slice::from_ref(&unreadable));
        assert_eq!(fs::read_to_string(&receipt).unwrap(), part, "it is left to whoever wrote it");
    }
    fs::remove_file(&receipt).unwrap();
    desk.run(minute(5)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::HandedOver, None));
    fs::write(&receipt, whole).unwrap();
    desk.run(minute(6)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::Accepted, None));
}

#[tokio::test]
async fn what_is_not_ours_is_neither_read_nor_touched() {
    let desk = Desk::open().await;
    let entry = desk.sent(1).await;
    desk.run(minute(3)).await;
    import(&desk.folder);
    let elsewhere = tempfile::tempdir().unwrap();
    let receipt = elsewhere.path().join("receipt");
    fs::write(&receipt, accepted("J-17").to_string()).unwrap();
    symlink(&receipt, desk.folder.join("MM-2026-00001-1.receipt.json")).unwrap();
    // Another diary's, another handover's, no name at all, and one whose number is not this handover's.
    for name in ["MM-2026-00001-2", "MM-2026-00001-x", "MM-2026-00002-1", "XX-2026-00001-1", "", "-1"] {
        answer(&desk.folder, name, &accepted("J-17"));
    }
    let before = names(&desk.folder);
    desk.run(minute(4)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::HandedOver, None));
    assert_eq!(names(&desk.folder), before);
}

#[tokio::test]
async fn where_files_of_this_name_lie_already_nothing_is_written_over_them() {
    let desk = Desk::open().await;
    let (entry, recalled) = (desk.sent(1).await, desk.sent(2).await);
    let done = desk.folder.join("MM-2026-00001-1.done");
    let receipt = "MM-2026-00002-2.receipt.json".to_owned();
    answer(&desk.folder, "MM-2026-00002-2", &accepted("J-17"));
    fs::write(&done, "another's").unwrap();
    desk.run(minute(3)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::Writing, Some(HandoverTrouble::NameTaken)));
    assert_eq!(fs::read_to_string(&done).unwrap(), "another's");
    assert_eq!(names(&desk.folder), ["MM-2026-00001-1.done", &*receipt]);
    fs::remove_file(done).unwrap();
    // Who answers what was not told of may have got it from elsewhere, as from before a restored backup.
    desk.enter(&recalled).await;
    let (mut worker, too_late) = (desk.worker_on(&desk.folder, minute(3)), HandoverTrouble::AlreadyReleased);
    worker.turn().await.unwrap();
    assert_eq!(desk.state(&recalled).await, (HandoverState::Recalled, Some(too_late)));
    assert_eq!(names(&desk.folder), [&*receipt]);
    desk.run(minute(4)).await;
    assert_eq!(
        desk.state(&entry).await.0,
        HandoverState::Writing,
        "a person has to do something: it is let be for a while"
    );
    desk.run(minute(14)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::HandedOver, None));
}

#[tokio::test]
async fn one_whose_pdf_cannot_be_read_back_waits_and_the_others_go_on() {
    let desk = Desk::open().await;
    let (entry, kept) = desk.store.rendered(b"message 1", 1).await;
    desk.send(&entry).await;
    let other = desk.sent(2).await;
    desk.store.overwrite(&kept.pdf, 0, b"%PDF MM 2026-00009").await;
    desk.run(minute(3)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::Writing, Some(HandoverTrouble::NotKept)));
    assert_eq!(desk.state(&other).await, (HandoverState::HandedOver, None));
    assert_eq!(import(&desk.folder).len(), 1);
    desk.store.overwrite(&kept.pdf, 0, b"%PDF MM 2026-00001").await;
    desk.run(minute(14)).await;
    assert_eq!(import(&desk.folder)[0].number(), "MM 2026-00001");
}

#[tokio::test]
async fn stopped_at_the_release_another_folder_is_not_taken_for_one_where_it_was_told() {
    let desk = Desk::open().await;
    let entry = desk.sent(1).await;
    desk.run(minute(3)).await;
    // As a stop just before the release leaves it.
    let done = desk.folder.join("MM-2026-00001-1.done");
    fs::rename(&done, desk.folder.join(".MM-2026-00001-1.done.tmp")).unwrap();
    fs::write(desk.folder.join(".MM-2026-00001-1.begun"), "").unwrap();
    desk.store.sql("update handover set state = 'releasing'").await.unwrap();

    let away = desk.folder.with_extension("away");
    fs::rename(&desk.folder, &away).unwrap();
    fs::create_dir(&desk.folder).unwrap();
    desk.run(minute(4)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::Releasing, Some(HandoverTrouble::OtherFolder)));
    fs::remove_dir(&desk.folder).unwrap();
    fs::rename(&away, &desk.folder).unwrap();
    desk.run(minute(4) + SignedDuration::from_mins(10)).await;
    assert_eq!(desk.state(&entry).await, (HandoverState::HandedOver, None));
    assert_eq!(import(&desk.folder).len(), 1);

    // Where nothing of it is there, who answers has been told.
    desk.store.sql("update handover set state = 'releasing'").await.unwrap();
    answer(&desk.folder, "MM-2026-00001-1", &accepted("J-17"));
    desk.run(minute(30)).await;
    let reference = "J-17".into();
    assert_eq!(desk.standing(&entry).await.record, Record::Decided(Decision::Recorded { reference }));
}
