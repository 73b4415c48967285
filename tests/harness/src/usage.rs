//! Memory and processor time of processes, from Linux's `/proc`.

use std::fs;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

const BYTES_PER_KIB: u64 = 1024;

/// Linux counts the time of a process in hundredths of a second (USER_HZ), on all current architectures.
const TICK: Duration = Duration::from_millis(10);

/// The memory of some processes in bytes. Shared pages count once for each process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory {
    pub now: u64,
    /// The peak since the last [`reset_peak`].
    pub peak: u64,
}

/// Whether this system provides these figures.
pub fn can_be_read() -> bool {
    memory(&[std::process::id()]).is_some() && fs::metadata("/proc/self/clear_refs").is_ok()
}

/// The sum over `processes`, `None` if there are none or one of them has ended.
pub fn memory(processes: &[u32]) -> Option<Memory> {
    if processes.is_empty() {
        return None;
    }
    let mut sum = Memory { now: 0, peak: 0 };
    for process in processes {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        sum.now += field(&status, "VmRSS:")?;
        sum.peak += field(&status, "VmHWM:")?;
    }
    Some(sum)
}

/// The processor time of `processes` so far, `None` if there are none or one of them has ended.
pub fn processor_time(processes: &[u32]) -> Option<Duration> {
    if processes.is_empty() {
        return None;
    }
    let mut ticks = 0;
    for process in processes {
        ticks += ticks_of(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)?;
    }
    Some(TICK * ticks)
}

/// The number of open files of `processes`, connections included; `None` as above.
pub fn open_files(processes: &[u32]) -> Option<usize> {
    let files = |process| Some(fs::read_dir(format!("/proc/{process}/fd")).ok()?.count());
    (!processes.is_empty()).then_some(())?;
    processes.iter().map(files).sum()
}

/// Raises the limit of open files of this process and its future children to the hard limit.
pub fn allow_open_files() {
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // Without permission the limit stays.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}

/// Resets the peak of `processes` (man proc_pid_clear_refs, value 5).
pub fn reset_peak(processes: &[u32]) {
    for process in processes {
        // Without permission the peak since the start remains, which is never lower.
        let _ = fs::write(format!("/proc/{process}/clear_refs"), "5");
    }
}

/// Asserts that the memory has grown by less than `growth`, all in bytes.
///
/// # Panics
/// If it has grown by more.
pub fn assert_growth_below(growth: u64, before: Option<u64>, after: Option<u64>) {
    let (Some(before), Some(after)) = (before, after) else {
        println!("NOT CHECKED: this system does not provide the memory of a process");
        return;
    };
    println!("{before} bytes before, {after} bytes after");
    assert!(after < before + growth, "{before} bytes before, {after} bytes after");
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * BYTES_PER_KIB)
}

/// `process` and all its descendants.
pub fn with_descendants(process: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let process = entry.ok()?.file_name().to_str()?.parse().ok()?;
            Some((process, parent(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)?))
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

fn parent(stat: &str) -> Option<u32> {
    after_name(stat)?.nth(1)?.parse().ok()
}

/// The time in user mode and in the kernel.
fn ticks_of(stat: &str) -> Option<u32> {
    let mut times = after_name(stat)?.skip(11).map_while(|field| field.parse::<u32>().ok());
    Some(times.next()? + times.next()?)
}

/// The fields after the name, which is in parentheses and may contain any characters.
fn after_name(stat: &str) -> Option<impl Iterator<Item = &str>> {
    Some(stat.rsplit_once(')')?.1.split_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_in_kibibytes() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(field(status, "VmHWM:"), Some(2048 * 1024));
        assert_eq!(field(status, "VmSwap:"), None);
    }

    #[test]
    fn every_open_file_is_counted() {
        let own = [std::process::id()];
        let before = open_files(&own).expect("this process exists");
        let more: Vec<_> = (0..100).map(|_| fs::File::open("/dev/null").expect("it opens")).collect();
        assert!(open_files(&own).is_some_and(|files| files >= before + more.len() / 2), "{before} before");
        assert_eq!(open_files(&[]), None);
    }

    #[test]
    fn a_name_may_hold_spaces_and_parentheses() {
        let stat = "12 (a) b (c) S 7 12 12 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 1 0";
        assert_eq!((parent(stat), ticks_of(stat)), (Some(7), Some(300)));
        assert_eq!((parent("rubbish"), ticks_of("rubbish")), (None, None));
    }
}
