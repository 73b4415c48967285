//! Key-value stores with Spin's behaviour, the lack of timeouts included. Start-up says which there are, and
//! an instance opens those that its component was granted.

mod file_store;
mod host;
mod redis_store;
mod store;
mod stores;

pub use file_store::FileStore;
pub use host::{KeyValue, KeyValueView};
pub use redis_store::RedisStore;
pub use store::Store;
pub use stores::{DEFAULT, Stores};
