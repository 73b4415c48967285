//! Variables: what the application was given becomes what each component may read. Start-up fills them in,
//! an instance asks for one of its own.

mod host;
mod template;
mod values;

pub use host::VariablesOfComponent;
pub use values::{Variables, of_application, of_component};
