//! CPU time and memory of processes, from Linux's `/proc`; `None` on other systems.

use std::fs;
use std::time::Duration;

/// Linux counts CPU time in hundredths of a second (USER_HZ).
const TICK: Duration = Duration::from_millis(10);

/// The CPU time of all these processes so far.
pub fn cpu_time(processes: &[u32]) -> Option<Duration> {
    let ticks = processes.iter().map(|process| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        ticks(&stat)
    });
    Some(TICK * ticks.sum::<Option<u32>>()?)
}

/// User and system time. The process name, in parentheses, may contain spaces.
fn ticks(stat: &str) -> Option<u32> {
    let mut times = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(times.next()?.parse::<u32>().ok()? + times.next()?.parse::<u32>().ok()?)
}

/// The resident memory of all these processes, in bytes.
pub fn memory(processes: &[u32]) -> Option<u64> {
    status(processes, "VmRSS:")
}

/// The most resident memory since [`reset_peak`], in bytes.
pub fn peak_memory(processes: &[u32]) -> Option<u64> {
    status(processes, "VmHWM:")
}

/// Restarts [`peak_memory`] (man 5 proc_pid_clear_refs, value 5).
pub fn reset_peak(processes: &[u32]) {
    for process in processes {
        // Without permission the peak since the start remains.
        let _ = fs::write(format!("/proc/{process}/clear_refs"), "5");
    }
}

fn status(processes: &[u32], field: &str) -> Option<u64> {
    let bytes = processes.iter().map(|process| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(field))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
    });
    bytes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_may_contain_spaces_and_parentheses() {
        let stat = "12 (a) b (c) S 7 12 12 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 1 0";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("rubbish"), None);
    }
}
