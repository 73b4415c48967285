use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// A response with its body.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    /// The value of a header, which must not occur twice.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().map(|value| value.to_str().expect("a header in ASCII"));
        assert!(values.next().is_none(), "{name} is there twice: {:?}", self.headers);
        value
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }

    /// The body as JSON. The content type is checked.
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }

    /// Asserts that this is an error `{"message": …}` with a `content-length`, and returns the message.
    pub fn error(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{:?}", self.text());
        assert_eq!(self.header("content-length"), Some(self.body.len().to_string().as_str()));
        let json = self.json();
        let keys: Vec<_> = json.as_object().expect("an error is an object").keys().collect();
        assert_eq!(keys, ["message"]);
        json["message"].as_str().expect("a message is text").to_owned()
    }
}
