//! The diary by itself, on both of its databases: every test runs on SQLite and on PostgreSQL.

mod acts;
mod audit;
mod chance;
mod heads;
mod log;
mod numbers;
mod outbox;
mod people;
mod places;
mod proof;
mod queue;
mod stages;
mod vault;
mod versions;

/// A test for each engine of each of these functions over a [`Store`](crate::support::store::Store).
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            use crate::support::store::Store;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(Store::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name(Store::postgres().await).await;
            }
        })+
    };
}
use on_both_engines;
