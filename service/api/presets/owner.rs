//! Whose preset it is, as the API writes and reads it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::problem::{Fault, Problem};
use crate::catalogue::Key;
use crate::groups::Username;
use crate::presets;

/// Whose it is: everybody sees the site's, its members a group's, those who take part an event's, and one
/// person their own.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    pub kind: OwnerKind,
    /// A group's or an event's key, or a person's name; the site has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1020, nullable = false)]
    pub name: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OwnerKind {
    Site,
    Group,
    Event,
    User,
}

impl From<&presets::Owner> for Owner {
    fn from(owner: &presets::Owner) -> Self {
        match owner {
            presets::Owner::Site => Self { kind: OwnerKind::Site, name: None },
            presets::Owner::Group(key) => Self { kind: OwnerKind::Group, name: Some(key.to_string()) },
            presets::Owner::Event(key) => Self { kind: OwnerKind::Event, name: Some(key.to_string()) },
            presets::Owner::User(name) => Self { kind: OwnerKind::User, name: Some(name.to_string()) },
        }
    }
}

impl Owner {
    /// Whose it is meant to be.
    ///
    /// # Errors
    /// 422 where nobody could be called that.
    pub fn read(self) -> Result<presets::Owner, Problem> {
        let refused = |code: &str, detail: &str| {
            let (pointer, code, detail) = ("/owner/name".to_owned(), code.to_owned(), detail.to_owned());
            let fault = Fault { pointer, code, detail, value: None, allowed: None };
            Problem::invalid("some fields are not acceptable").with_errors([fault])
        };
        match (self.kind, self.name) {
            (OwnerKind::Site, None) => Ok(presets::Owner::Site),
            (OwnerKind::Site, Some(_)) => Err(refused("misplaced", "the site has no name: leave it out")),
            (_, None) => {
                Err(refused("missing", "say whose it is: a group's key, an event's, or a person's name"))
            }
            (OwnerKind::Group, Some(name)) => Key::try_from(name)
                .map(presets::Owner::Group)
                .map_err(|_| refused("unknown", "no group is called that")),
            (OwnerKind::Event, Some(name)) => Key::try_from(name)
                .map(presets::Owner::Event)
                .map_err(|_| refused("unknown", "no event is called that")),
            (OwnerKind::User, Some(name)) => Username::try_from(name)
                .map(presets::Owner::User)
                .map_err(|why| refused("unknown", &why.to_string())),
        }
    }
}

impl OwnerKind {
    /// As the database writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Group => "group",
            Self::Event => "event",
            Self::User => "user",
        }
    }
}
