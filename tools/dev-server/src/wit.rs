//! Rust types and traits for the interfaces in `wit/`.

wasmtime::component::bindgen!({
    path: "wit",
    world: "local:host/app",
    imports: { default: async | trappable },
});
