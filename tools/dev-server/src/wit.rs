//! Rust types and traits for the interfaces in `wit/`.

wasmtime::component::bindgen!({
    path: "wit",
    world: "dev-server:imports/app",
    imports: { default: async | trappable },
});
