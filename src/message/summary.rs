use serde::{Deserialize, Serialize};

use super::{Address, Attachment, Message};

/// What the diary keeps of a message for staff to see without opening the original.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub from: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub subject: Option<String>,
    pub attachments: Vec<Attachment>,
    /// In Swedish, as shown.
    pub defects: Vec<String>,
}

impl From<&Message> for Summary {
    fn from(message: &Message) -> Self {
        Self {
            from: message.from.clone(),
            to: message.to.clone(),
            cc: message.cc.clone(),
            subject: message.subject.clone(),
            attachments: message.attachments.clone(),
            defects: message.defects.iter().map(|defect| defect.text().into_owned()).collect(),
        }
    }
}
