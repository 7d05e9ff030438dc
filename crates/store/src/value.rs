//! Values on their way into and out of SQL: four kinds, because both databases agree on these four.
//!
//! Flags are integers 0 and 1, moments are milliseconds, ids are 16 bytes, words are text. A column that does not
//! hold what its reader expects is an error that names the column, never a silent default.

use crate::Error;
use model::consent::{ConsentState, Topic};
use model::event::Happening;
use model::{
    ActKind, AgeStanding, AssessmentId, Axis, BreachId, ContactId, CopyId, Country, Day,
    DeliveryId, DeliveryState, FormId, GuardianId, HitId, IdentityId, Language, LegalBasis,
    LegalTag, LegalTags, Meaning, MessageClass, MessageId, Mode, Reason, RequestId, Right, Role,
    SourceKind, SuppressionCause, Switch, Tick, Time, Tongue, UserId, WebhookEvent, WebhookId,
    WebhookOff, WorkspaceId,
};

/// One value in a statement or a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// One row of a result.
#[derive(Debug)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The value of a column, by its position in the select list.
    pub(crate) fn get<T: FromValue>(&self, column: usize) -> Result<T, Error> {
        self.0.get(column).and_then(T::from_value).ok_or_else(|| {
            Error::Corrupt(format!(
                "column {column} does not hold a {}",
                std::any::type_name::<T>()
            ))
        })
    }
}

/// A type that a column can be read as.
pub(crate) trait FromValue: Sized {
    fn from_value(value: &Value) -> Option<Self>;
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Option<Self> {
        if *value == Value::Null {
            Some(None)
        } else {
            T::from_value(value).map(Some)
        }
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl FromValue for $t {
            fn from_value(value: &Value) -> Option<Self> {
                match value { Value::Int(n) => (*n).try_into().ok(), _ => None }
            }
        }
        impl From<$t> for Value {
            fn from(n: $t) -> Self { Self::Int(i64::from(n)) }
        }
    )*};
}
integers!(i64, u32, u16, u8);

/// Counts, and places in a chain: never below 0, and never so many that the column is too small.
impl FromValue for u64 {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(0) => Some(false),
            Value::Int(1) => Some(true),
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Int(i64::from(flag))
    }
}

impl FromValue for Time {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).map(Self)
    }
}

impl From<Time> for Value {
    fn from(time: Time) -> Self {
        Self::Int(time.0)
    }
}

impl FromValue for Day {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl From<Day> for Value {
    fn from(day: Day) -> Self {
        Self::Text(day.to_string())
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

/// PostgreSQL refuses NUL in text and SQLite cuts it off on display; a NUL is never meant.
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(if text.contains('\0') {
            text.replace('\0', "")
        } else {
            text.to_owned()
        })
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => bytes.as_slice().try_into().ok(),
            _ => None,
        }
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Blob(bytes.to_vec())
    }
}

macro_rules! ids {
    ($($t:ty),*) => {$(
        impl FromValue for $t {
            fn from_value(value: &Value) -> Option<Self> {
                match value { Value::Blob(bytes) => bytes.as_slice().try_into().ok(), _ => None }
            }
        }
        impl From<$t> for Value {
            fn from(id: $t) -> Self { Self::Blob(id.bytes().to_vec()) }
        }
    )*};
}
ids!(
    BreachId,
    WorkspaceId,
    UserId,
    IdentityId,
    ContactId,
    MessageId,
    CopyId,
    HitId,
    RequestId,
    GuardianId,
    AssessmentId,
    FormId,
    WebhookId,
    DeliveryId
);

macro_rules! words {
    ($($t:ty => $as_str:ident),* $(,)?) => {$(
        impl FromValue for $t {
            fn from_value(value: &Value) -> Option<Self> {
                match value { Value::Text(word) => word.parse().ok(), _ => None }
            }
        }
        impl From<$t> for Value {
            fn from(word: $t) -> Self { Self::Text(word.$as_str().to_owned()) }
        }
    )*};
}
words!(ActKind => as_str, model::breach::Risk => as_str, Mode => as_str, Axis => as_str, Topic => as_str, ConsentState => as_str, Meaning => as_str, Role => as_str,
    Language => as_str, Switch => as_str, Happening => as_str, MessageClass => as_str, Right => as_str,
    SourceKind => as_str, AgeStanding => as_str, model::age::Relation => as_str, LegalBasis => as_str, SuppressionCause => as_str, Reason => code,
    Tick => as_str, WebhookEvent => as_str, WebhookOff => as_str, DeliveryState => as_str);

impl FromValue for model::EmailAddress {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl FromValue for LegalTags {
    fn from_value(value: &Value) -> Option<Self> {
        let Value::Text(words) = value else {
            return None;
        };
        let tags: Result<Vec<_>, _> = words.split_whitespace().map(str::parse).collect();
        tags.ok().map(|tags| Self::of(&tags))
    }
}

impl From<LegalTags> for Value {
    fn from(tags: LegalTags) -> Self {
        let words: Vec<_> = tags.iter().map(LegalTag::as_str).collect();
        Self::Text(words.join(" "))
    }
}

impl FromValue for Tongue {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl From<Tongue> for Value {
    fn from(tongue: Tongue) -> Self {
        Self::Text(tongue.as_str().to_owned())
    }
}

impl FromValue for Country {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl From<Country> for Value {
    fn from(country: Country) -> Self {
        Self::Text(country.as_str().to_owned())
    }
}

impl From<&model::EmailAddress> for Value {
    fn from(address: &model::EmailAddress) -> Self {
        Self::Text(address.as_str().to_owned())
    }
}

/// The parameters of a statement: `params![id, now]`.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::value::Value::from($value)),*] };
}
pub(crate) use params;
