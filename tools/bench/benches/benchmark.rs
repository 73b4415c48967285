fn main() -> anyhow::Result<()> {
    benchmark::run()
}
