//! Memory, open files and descendants of processes, from Linux's `/proc`.

use std::fs;

const BYTES_PER_KIB: u64 = 1024;

/// The sum of the resident memory of `processes` in bytes; `None` without `/proc`.
pub fn memory(processes: &[u32]) -> Option<u64> {
    let memory = |process| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * BYTES_PER_KIB)
    };
    processes.iter().map(memory).sum()
}

/// The number of files that `processes` have open, connections included; `None` without `/proc`.
pub fn open_files(processes: &[u32]) -> Option<usize> {
    let files = |process| Some(fs::read_dir(format!("/proc/{process}/fd")).ok()?.count());
    processes.iter().map(files).sum()
}

/// Asserts that memory has grown by less than `growth`, all in bytes. Without `/proc` nothing is checked.
pub fn assert_growth_below(growth: u64, before: Option<u64>, after: Option<u64>) {
    let (Some(before), Some(after)) = (before, after) else { return };
    assert!(after < before + growth, "{before} bytes before, {after} bytes after");
}

/// `process` and its descendants.
pub fn with_descendants(process: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let parents: Vec<(u32, u32)> = all
        .filter_map(|entry| {
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name of the process stands in parentheses and may contain anything.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, parent))
        })
        .collect();
    let mut family = vec![process];
    let mut next = 0;
    while let Some(member) = family.get(next).copied() {
        family.extend(parents.iter().filter(|(_, parent)| *parent == member).map(|(child, _)| child));
        next += 1;
    }
    family
}
