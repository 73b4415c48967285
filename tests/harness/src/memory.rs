/// The memory of a process and its children in KiB, `None` where the system does not tell.
pub(crate) fn resident(process: u32) -> Option<u64> {
    let processes = std::fs::read_dir("/proc").ok()?;
    let ids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let statuses = ids.filter_map(|id| std::fs::read_to_string(format!("/proc/{id}/status")).ok());
    let family = statuses.filter(|status| {
        let own = u64::from(process);
        field(status, "Pid:") == Some(own) || field(status, "PPid:") == Some(own)
    });
    Some(family.filter_map(|status| field(&status, "VmRSS:")).sum())
}

/// Holds if the memory has grown by less than `growth`, all in KiB and as [`crate::App::resident`] tells it.
///
/// # Panics
/// If it has grown by more.
pub fn assert_growth_below(growth: u64, before: Option<u64>, after: Option<u64>) {
    match (before, after) {
        (Some(before), Some(after)) => {
            println!("{before} KiB before, {after} KiB after");
            assert!(after < before + growth, "{before} KiB before, {after} KiB after");
        }
        _ => println!("This system does not tell how much memory a process has: that was not checked."),
    }
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
